/**
 * `npm run coverage [-- part-of-a-path …]`: names every place in `src/` that the last whole run of `npm test` did not reach.
 *
 * Also what `npm test` uses to count and to hold the floors. Tests run the sources, and programs of `dist/` that are made of them; a
 * place counts as reached when either ran it.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Report } from 'c8';
import { fail, filesUnder, root } from './support.mjs';

/** Percent of lines, branches and functions that may not be fallen short of. What is reached more is to be written here. */
const floors = {
  src: [89, 86, 84],
  'src/apps': [99, 92, 99],
  'src/base': [97, 96, 94],
  'src/boot': [96, 91, 96],
  'src/client': [94, 83, 92],
  'src/container': [87, 82, 89],
  'src/io': [98, 97, 98],
  'src/plugins/http': [97, 91, 99],
  'src/plugins/rtmp': [97, 94, 97],
  'src/plugins/websocket': [97, 92, 96],
  'src/server': [96, 92, 94],
};
const kinds = ['lines', 'branches', 'functions'];
const record = path.join(root, 'coverage/unreached.json');

/** Prints what ran of each folder; returns whether every floor holds. Takes what Node wrote into a folder. */
export async function reportCoverage(folder) {
  const [sources, built] = await Promise.all([
    readMap(folder, 'src/**'),
    readMap(folder, 'dist/**'),
  ]);
  const files = filesUnder('src', (file) => /(?<!\.d)\.ts$/.test(file)).filter(hasCode);
  const unreached = {};
  const areas = Object.fromEntries(Object.keys(floors).map((area) => [area, newCounts()]));
  const problems = [];
  for (const file of files) {
    const counts = areas[areaOf(file)];
    if (counts === undefined) problems.push(`${file} is in no folder that has a floor`);
    const found = look(sources[file], built[file]);
    if (found === undefined) problems.push(`${file} was never loaded`);
    if (counts === undefined || found === undefined) continue;
    for (const kind of kinds) {
      counts[kind].total += found[kind].total;
      counts[kind].missed.push(...found[kind].missed);
    }
    const places = kinds.flatMap((kind) => found[kind].missed.map((line) => ({ line, kind })));
    if (places.length > 0) unreached[file] = places;
  }
  mkdirSync(path.dirname(record), { recursive: true });
  writeFileSync(record, JSON.stringify(unreached));

  console.log('coverage in percent (floor):');
  for (const [area, counts] of Object.entries(areas)) {
    const columns = kinds.map((kind, i) => {
      const percent = percentOf(counts[kind]);
      const floor = floors[area][i];
      if (percent < floor) problems.push(`${kind} of ${area}: ${percent} is less than ${floor}`);
      return `${kind} ${percent.toFixed(2)} (${floor})`.padEnd(24);
    });
    console.log(`  ${area.padEnd(22)} ${columns.join('').trimEnd()}`);
  }
  for (const problem of problems) console.error(`error: ${problem}`);
  if (problems.length > 0) console.error('`npm run coverage -- FOLDER` names the places');
  return problems.length === 0;
}

async function readMap(folder, include) {
  const report = new Report({
    include: [include],
    exclude: [],
    extension: ['.ts', '.js'],
    tempDirectory: folder,
    resolve: '',
    mergeAsync: true,
  });
  const map = await report.getCoverageMapFromAllCoverageFiles();
  return Object.fromEntries(
    map.files().map((file) => [relative(file), map.fileCoverageFor(file).data]),
  );
}

function relative(file) {
  return path.relative(root, file).split(path.sep).join('/');
}

/** The folder of the floors that a file counts for. */
function areaOf(file) {
  const folder = path.posix.dirname(file);
  return Object.keys(floors)
    .filter((area) => (area === 'src' ? folder === 'src' : `${folder}/`.startsWith(`${area}/`)))
    .at(-1);
}

/** Whether a file is more than types and exports of other files. */
function hasCode(file) {
  const compiled = file.replace(/^src/, 'dist').replace(/\.ts$/, '.js');
  const text = readFileSync(path.join(root, compiled), 'utf8');
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|(?:ex|im)port [^;]*;/g, '').trim() !== '';
}

/** How many lines, branches and functions there are, and the lines where one was not reached. */
function look(source, built) {
  const of = source ?? built;
  if (of === undefined) return undefined;
  const other = source === undefined ? undefined : built;
  const found = newCounts();
  const ranThere = other === undefined ? new Map() : linesOf(other);
  for (const [line, count] of linesOf(of)) {
    add(found.lines, line, count > 0 || ranThere.get(line) > 0);
  }
  const there = other === undefined ? [] : missedStarts(other);
  for (const [id, { locations }] of Object.entries(of.branchMap)) {
    for (const [i, { start, end }] of locations.entries()) {
      // V8 tells of a block where it ran another number of times than what is around it: what ran in `dist` need not be named there.
      const ran =
        of.b[id][i] > 0 ||
        (other !== undefined && isReached(ranThere, there, start.line, end.line));
      add(found.branches, start.line, ran);
    }
  }
  for (const [id, { loc }] of Object.entries(of.fnMap)) {
    const { line } = loc.start;
    const ran =
      of.f[id] > 0 || (other !== undefined && isReached(ranThere, there, line, loc.end.line));
    add(found.functions, line, ran);
  }
  return found;
}

function isReached(lines, missed, from, to) {
  for (let line = from; line <= to; line++) {
    if (lines.get(line) === 0) return false;
  }
  return !missed.some((line) => line >= from && line <= to);
}

function linesOf({ statementMap, s }) {
  return new Map(Object.entries(statementMap).map(([id, { start }]) => [start.line, s[id]]));
}

/** Where blocks and functions begin that did not run. */
function missedStarts({ branchMap, b, fnMap, f }) {
  const branches = Object.entries(branchMap).flatMap(([id, { locations }]) =>
    locations.filter((_, i) => b[id][i] === 0),
  );
  const functions = Object.entries(fnMap).filter(([id]) => f[id] === 0);
  return [...branches, ...functions.map(([, { loc }]) => loc)].map(({ start }) => start.line);
}

function newCounts() {
  return Object.fromEntries(kinds.map((kind) => [kind, { total: 0, missed: [] }]));
}

function add(counts, line, ran) {
  counts.total += 1;
  if (!ran) counts.missed.push(line);
}

function percentOf({ total, missed }) {
  return total === 0 ? 100 : Math.floor(10_000 * (1 - missed.length / total)) / 100;
}

function printUnreached(filters) {
  if (!existsSync(record)) fail('there is no coverage yet: run `npm test`');
  for (const [file, places] of Object.entries(JSON.parse(readFileSync(record, 'utf8')))) {
    if (filters.length > 0 && !filters.some((part) => file.includes(part))) continue;
    const text = readFileSync(path.join(root, file), 'utf8').split('\n');
    const lines = new Map();
    for (const { line, kind } of places) lines.set(line, [...(lines.get(line) ?? []), kind]);
    for (const [line, missed] of [...lines].sort(([a], [b]) => a - b)) {
      const what = [...new Set(missed)].map((kind) => kind[0]).join('');
      console.log(`${file}:${line} ${what.padEnd(3)} ${text[line - 1]?.trim() ?? ''}`);
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) printUnreached(process.argv.slice(2));
