/** `npm start`: installs and builds what is missing or out of date, then runs the server with the given arguments. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ensureInstalled, root } from './support.mjs';

await ensureInstalled();
await ensureBuilt();

// The server runs in this very process: signals and the exit code need no passing on.
const main = path.join(root, 'dist/main.js');
process.argv.splice(1, process.argv.length - 1, main, 'start', ...process.argv.slice(2));
await import(pathToFileURL(main).href);
