/** What the scripts share: running programs, looking at files, installing and building when it is due. */
import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(fileURLToPath(import.meta.url), '../..');
export const testTools = ['chromium', 'ffmpeg', 'rtmpdump'];
/** Programs whose tests are skipped without them, and the Debian packages that bring them. */
const optionalTestTools = {
  'gst-launch-1.0': ['gstreamer1.0-tools', 'gstreamer1.0-plugins-good', 'gstreamer1.0-plugins-bad'],
};

const aptInstall = 'apt-get install -y --no-install-recommends';

/** Ends the script: says why in one line. */
export function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}

/** Runs a program with our input and output; resolves to its exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
  });
}

/** Runs a program to its end and returns what it wrote. */
export function capture(command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    ...options,
  });
  if (result.error) throw result.error;
  return { code: result.status ?? 1, stdout: result.stdout, stderr: result.stderr };
}

/** The program of an installed package, to be run with this Node. */
export function bin(packageName, program = packageName) {
  const folder = path.join(root, 'node_modules', packageName);
  const { bin: programs } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return path.join(folder, typeof programs === 'string' ? programs : programs[program]);
}

const skipped = new Set(['node_modules', '.git', 'dist', 'coverage', 'test-output']);

/** Files below a folder of the repository, relative to its root with `/`, sorted. */
export function filesUnder(folder, accept = () => true) {
  const start = path.join(root, folder);
  if (!existsSync(start)) return [];
  const found = [];
  for (const entry of readdirSync(start, { withFileTypes: true })) {
    const file = path.posix.join(folder, entry.name);
    if (entry.isDirectory() && !skipped.has(entry.name)) found.push(...filesUnder(file, accept));
    else if (entry.isFile() && accept(file)) found.push(file);
  }
  return found.sort();
}

/** Folders of webapps that hold code for the browser, each with a tsconfig of its own. */
export function browserProjects() {
  return filesUnder('webapps', (file) => /^webapps\/[^/]+\/client\/tsconfig\.json$/.test(file)).map(
    path.posix.dirname,
  );
}

/** Installs what package-lock.json says unless exactly that is there. */
export async function ensureInstalled() {
  const problem = installProblem();
  if (problem === undefined) return;
  const folder = path.join(root, 'node_modules');
  if (existsSync(folder) && lstatSync(folder).isSymbolicLink()) {
    fail(`${problem}; node_modules is a link: install where it points to`);
  }
  console.log(`Installing packages (${problem}) …`);
  // npm is a script on Windows, which only a shell can run.
  const shell = process.platform === 'win32';
  const code = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { shell });
  if (code !== 0) fail(`npm ci failed with exit code ${code}`);
}

function installProblem() {
  const installed = path.join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return 'node_modules is missing';
  // Compared by content: a checkout changes dates without changing versions.
  const wanted = readPackages(path.join(root, 'package-lock.json'));
  const present = readPackages(installed);
  for (const [name, { version, optional }] of Object.entries(wanted)) {
    if (name === '') continue;
    const found = present[name]?.version;
    if (found === undefined && optional) continue;
    if (found !== version) return `${name} is ${found ?? 'missing'}, not ${version}`;
  }
  return undefined;
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

/** Scripts of other projects that pages load from their own folder, with their licences. */
const vendored = ['mpegts.js', 'mpegts.js.LICENSE.txt'].map((name) => ({
  from: `node_modules/mpegts.js/dist/${name}`,
  to: `webapps/live/${name}`,
}));

/** Compiles the server and the browser code of the webapps. */
export async function build() {
  rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  for (const project of ['tsconfig.build.json', ...browserProjects()]) {
    const code = await run(process.execPath, [bin('typescript', 'tsc'), '-p', project]);
    if (code !== 0) {
      // A half-built dist must not look finished.
      rmSync(path.join(root, 'dist'), { recursive: true, force: true });
      fail(`the build of ${project} failed`);
    }
  }
  for (const { from, to } of vendored) {
    // Without the map, which is not shipped.
    const text = readFileSync(path.join(root, from), 'utf8');
    writeFileSync(path.join(root, to), text.replace(/^\/\/# sourceMappingURL=.*$/m, ''));
  }
  const licence = readFileSync(path.join(root, 'node_modules/mpegts.js/LICENSE'), 'utf8');
  appendFileSync(path.join(root, 'webapps/live/mpegts.js.LICENSE.txt'), `\n${licence}`);
}

/** Builds unless everything built is newer than all it is built from. */
export async function ensureBuilt() {
  const inputs = [
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    ...withFolders('src'),
    ...browserProjects().flatMap(withFolders),
  ];
  const outputs = [
    'dist/main.js',
    ...browserProjects().flatMap(browserOutputs),
    ...vendored.map(({ to }) => to),
  ];
  const newestInput = Math.max(...inputs.map(changedAt));
  const oldestOutput = Math.min(...outputs.map(changedAt));
  if (oldestOutput > newestInput) return;
  console.log('Building …');
  await build();
}

/** Files below a folder and the folders themselves, whose dates tell of removed files. */
function withFolders(folder) {
  const files = filesUnder(folder);
  return [...new Set([folder, ...files, ...files.map(path.posix.dirname)])];
}

/** A webapp's client/x.ts becomes x.js beside its index.html. */
function browserOutputs(project) {
  return filesUnder(project, (file) => file.endsWith('.ts')).map((file) =>
    path.posix.join(project, '..', path.posix.relative(project, file).replace(/\.ts$/, '.js')),
  );
}

function changedAt(file) {
  return statSync(path.join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Makes sure the programs that tests run are there: installs them where that is possible, and says what to install elsewhere. */
export async function ensureTestTools() {
  const missing = testTools.filter((tool) => !isInstalled(tool));
  const optional = Object.entries(optionalTestTools)
    .filter(([tool]) => !isInstalled(tool))
    .flatMap(([, packages]) => packages);
  const isDebian = existsSync('/etc/debian_version');
  if (process.getuid?.() === 0 && isDebian) {
    await installPackages(missing, optional);
  } else if (missing.length > 0) {
    const packages = [...missing, ...optional].join(' ');
    const command = `sudo apt-get update && sudo ${aptInstall} ${packages}`;
    fail(
      `tests need ${missing.join(', ')}; install them${isDebian ? '' : ', on Debian'} with\n\n  ${command}\n`,
    );
  }
}

/** What is optional may fail: its tests say what is missing. */
async function installPackages(required, optional) {
  if (required.length + optional.length === 0) return;
  console.log(`Installing ${[...required, ...optional].join(', ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const [command, ...args] = aptInstall.split(' ');
  await run(command, ['update'], { env });
  if (required.length > 0 && (await run(command, [...args, ...required], { env })) !== 0) {
    fail(`"${aptInstall} ${required.join(' ')}" failed`);
  }
  if (optional.length > 0) await run(command, [...args, ...optional], { env });
}

function isInstalled(tool) {
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .some((folder) => existsSync(path.join(folder, tool)));
}
