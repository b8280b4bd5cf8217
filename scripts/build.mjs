/** `npm run build`: compiles src/ to dist/ and the browser code of the webapps to the .js files beside their pages. */
import { build, ensureInstalled } from './support.mjs';

await ensureInstalled();
await build();
