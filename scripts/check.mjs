/**
 * `npm run check [-- gate …]`: every gate but the tests, cheapest first; all of them run, then the failed ones are named.
 *
 * A gate that finds nothing to check fails: several of these tools succeed when they are misconfigured.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bin, browserProjects, capture, ensureInstalled, filesUnder, root } from './support.mjs';

const isTypeScript = (file) => file.endsWith('.ts');

const gates = {
  /** Format and lint. */
  biome() {
    const result = node(bin('@biomejs/biome', 'biome'), ['ci', '--colors=off', '.']);
    expectSuccess(result);
    const checked = Number(/Checked (\d+) files/.exec(result.stdout + result.stderr)?.[1] ?? 0);
    expectAtLeast(checked, [
      ...filesUnder('src', isTypeScript),
      ...filesUnder('test', isTypeScript),
    ]);
    return `${checked} files`;
  },

  /** Types of the server and its tests. */
  types() {
    return typeCheck('tsconfig.json', [
      ...filesUnder('src', isTypeScript),
      ...filesUnder('test', isTypeScript),
    ]);
  },

  /** Types of the code that browsers run. */
  'browser types'() {
    const projects = browserProjects();
    if (projects.length === 0) throw new Error('no webapps/*/client/tsconfig.json was found');
    return projects.map((project) => typeCheck(project, filesUnder(project, isTypeScript))).join();
  },

  /** The layer rules of .dependency-cruiser.cjs. */
  layers() {
    const result = node(bin('dependency-cruiser', 'depcruise'), ['src', '--output-type', 'json']);
    const { modules, summary } = JSON.parse(result.stdout);
    for (const { rule, from, to } of summary.violations)
      console.error(`${rule.name}: ${from} → ${to}`);
    if (summary.violations.length > 0) throw new Error(`${summary.violations.length} violations`);
    const seen = new Set(modules.map((module) => module.source));
    expectAll(filesUnder('src', isTypeScript), seen);
    return `${seen.size} modules`;
  },

  /** Files, exports and dependencies that nothing uses. */
  'dead code'() {
    const reporters = ['--reporter', 'symbols', '--reporter', './scripts/reportKnip.mjs'];
    const result = node(bin('knip'), ['--no-progress', ...reporters]);
    expectSuccess(result);
    const looked = Number(/looked at (\d+) files/.exec(result.stdout)?.[1] ?? 0);
    expectAtLeast(looked, [
      ...filesUnder('src', isTypeScript),
      ...filesUnder('test', isTypeScript),
    ]);
    return `${looked} files`;
  },

  /** The package as npm would publish it: its form, its types, and that it runs in an empty folder. */
  package() {
    expectSuccess(node('scripts/build.mjs', []));
    const folder = mkdtempSync(path.join(tmpdir(), 'red5-package-'));
    try {
      return checkPackage(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },

  /** Relative links of the documentation lead to files and headings that exist. */
  'docs links'() {
    const documents = [
      ...readdirSync(root).filter((file) => file.endsWith('.md')),
      ...filesUnder('docs', (file) => file.endsWith('.md')),
    ];
    const links = documents.flatMap(linksOf);
    if (links.length === 0) throw new Error('no link was found');
    const broken = links.filter((link) => !leadsSomewhere(link));
    for (const { file, target } of broken) console.error(`${file}: ${target}`);
    if (broken.length > 0) throw new Error(`${broken.length} links lead nowhere`);
    return `${links.length} links in ${documents.length} files`;
  },

  /** Every class, interface, method, function, type and constant of the public API says what it is for, and its links lead somewhere. */
  'api docs'() {
    const { code, stdout, stderr } = node(bin('typedoc'), ['--emit', 'none', '--logLevel', 'Info']);
    const report = stdout + stderr;
    if (code !== 0 || /\[(warning|error)\]/.test(report)) throw new Error(report);
    const names =
      readFileSync(path.join(root, 'src/index.ts'), 'utf8').match(/^ {2}\w.*,$/gm) ?? [];
    if (names.length === 0) throw new Error('src/index.ts exports nothing');
    return `${names.length} names`;
  },

  /** The table of Java names, which is made from the sources. */
  'porting table'() {
    const result = node(path.join(root, 'scripts/porting.mjs'), ['--check']);
    expectSuccess(result);
    return result.stdout.trim();
  },
};

function node(program, args, options) {
  return capture(process.execPath, [program, ...args], options);
}

function expectSuccess({ code, stdout, stderr }) {
  if (code !== 0) throw new Error(`${stdout}${stderr}`);
}

function expectAtLeast(count, files) {
  if (count === 0 || count < files.length) throw new Error(`saw ${count} of ${files.length} files`);
}

function expectAll(files, seen) {
  const missed = files.filter((file) => !seen.has(file));
  if (files.length === 0) throw new Error('there is nothing to look at');
  if (missed.length > 0) throw new Error(`did not see ${missed.join(', ')}`);
}

function typeCheck(project, files) {
  const result = node(bin('typescript', 'tsc'), [
    '-p',
    project,
    '--noEmit',
    '--listFiles',
    '--pretty',
    'false',
  ]);
  const lines = result.stdout.split('\n');
  const seen = lines.filter((line) => path.isAbsolute(line));
  if (result.code !== 0) throw new Error(lines.filter((line) => !path.isAbsolute(line)).join('\n'));
  expectAll(
    files,
    new Set(seen.map((file) => path.relative(root, file).split(path.sep).join('/'))),
  );
  return `${files.length} files`;
}

function checkPackage(folder) {
  const packed = capture('npm', [
    'pack',
    '--json',
    '--ignore-scripts',
    '--pack-destination',
    folder,
  ]);
  expectSuccess(packed);
  const [{ filename, files }] = JSON.parse(packed.stdout);
  const tarball = path.join(folder, filename);
  const names = new Set(files.map((file) => file.path));
  const webappFiles = filesUnder('webapps', (file) => file.endsWith('.ts'))
    .filter((file) => file.includes('/client/'))
    .map((file) => file.replace('/client/', '/').replace(/\.ts$/, '.js'));
  expectAll(
    ['dist/main.js', 'dist/index.js', 'dist/index.d.ts', 'conf/red5.yaml', ...webappFiles],
    names,
  );

  // Installed by hand: the package, and beside it nothing but its run-time dependencies.
  const modules = path.join(folder, 'node_modules');
  const home = path.join(modules, 'red5-node');
  mkdirSync(home, { recursive: true });
  expectSuccess(capture('tar', ['-xzf', tarball, '-C', home, '--strip-components=1']));
  const { dependencies, version } = JSON.parse(
    readFileSync(path.join(home, 'package.json'), 'utf8'),
  );
  for (const name of Object.keys(dependencies)) {
    mkdirSync(path.dirname(path.join(modules, name)), { recursive: true });
    symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name), 'junction');
  }
  expectSuccess(node(bin('publint'), [home, '--strict']));
  expectSuccess(node(bin('@arethetypeswrong/cli', 'attw'), [tarball, '--profile', 'esm-only']));

  const script = "console.log(Object.keys(await import('red5-node')).length)";
  const imported = node('--input-type=module', ['--eval', script], { cwd: folder });
  expectSuccess(imported);
  if (!(Number(imported.stdout) > 0)) throw new Error('the package exports nothing');
  const asked = node(path.join(home, 'dist/main.js'), ['--version'], { cwd: folder });
  expectSuccess(asked);
  if (asked.stdout.trim() !== version) throw new Error(`red5 --version says "${asked.stdout}"`);
  return `${names.size} files, ${imported.stdout.trim()} exports`;
}

function linksOf(file) {
  const text = readFileSync(path.join(root, file), 'utf8').replace(/```[\s\S]*?```|`[^`\n]*`/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => ({ file, target }))
    .filter(({ target }) => !/^[a-z]+:/.test(target));
}

function leadsSomewhere({ file, target }) {
  const [name, heading] = target.split('#');
  const to = name === '' ? file : path.posix.join(path.posix.dirname(file), name);
  if (!existsSync(path.join(root, to))) return false;
  return heading === undefined || !to.endsWith('.md') || headingsOf(to).has(heading);
}

/** The anchors that GitHub gives to the headings of a file. */
function headingsOf(file) {
  const text = readFileSync(path.join(root, file), 'utf8').replace(/```[\s\S]*?```/g, '');
  return new Set(
    [...text.matchAll(/^#+\s+(.+)$/gm)].map(([, title]) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replace(/\s/g, '-'),
    ),
  );
}

await ensureInstalled();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in gates));
const chosen = Object.entries(gates).filter(
  ([name]) => wanted.length === 0 || wanted.includes(name),
);
const failed = [...unknown];
for (const [name, gate] of chosen) {
  const started = performance.now();
  try {
    const found = await gate();
    console.log(`✔ ${name}: ${found} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed.push(name);
    console.error(`✖ ${name}: ${error.message}`);
  }
}
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')} (there are: ${Object.keys(gates).join(', ')})`);
  process.exitCode = 1;
}
