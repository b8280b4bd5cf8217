// Writes docs/porting-from-red5.md from the `@red5` lines of the sources. With `--check` it only says whether the file is current.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const target = 'docs/porting-from-red5.md';
const declaration = /export (?:abstract )?(?:class|interface|type|const|function) (\w+)/;

/** @returns {Promise<{ red5: string, name: string, file: string, summary: string }[]>} one entry a ported type */
async function portedTypes() {
  const entries = await readdir('src', { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const found = [];
  for (const file of files) {
    const source = await readFile(file, 'utf8');
    for (const comment of source.matchAll(/\/\*\*(.*?)\*\/\s*([^\n]*)/gs)) {
      const [, text = '', rest = ''] = comment;
      const name = declaration.exec(rest.slice(0, 200))?.[1];
      if (name === undefined) continue;
      const lines = text.split('\n').map((line) => line.replace(/^\s*\*? ?/, '').trim());
      const summary = lines.find((line) => line !== '') ?? '';
      for (const line of lines) {
        const red5 = /^@red5 (\S+)/.exec(line)?.[1];
        if (red5 !== undefined) found.push({ red5, name, file, summary });
      }
    }
  }
  return found.sort((a, b) => a.red5.localeCompare(b.red5));
}

/** @param {Awaited<ReturnType<typeof portedTypes>>} types */
function page(types) {
  const rows = types.map(
    ({ red5, name, file, summary }) =>
      `| \`${red5}\` | [\`${name}\`](../${file}) | ${summary.replace(/\{@link (\w+)\}/g, '`$1`').replaceAll('|', '\\|')} |`,
  );
  return `# Porting from Red5

Generated from the sources by \`node scripts/porting.mjs\`; do not edit.

Search this page for the Java name. Interfaces lose their \`I\`; getters without parameters become properties (\`scope.getName()\` is
\`scope.name\`, \`so.isAcquired()\` is \`so.isAcquired\`); callbacks keep their names and may return promises. Bean files keep the Java class names:
they are registered as aliases.

| in Red5 | here | what it is |
| --- | --- | --- |
${rows.join('\n')}
`;
}

const types = await portedTypes();
if (types.length === 0) throw new Error('no @red5 line found in src/: the generator is broken');
const wanted = page(types);
if (process.argv.includes('--check')) {
  const present = await readFile(target, 'utf8').catch(() => '');
  if (present !== wanted) {
    console.error(`${target} is not current: run node scripts/porting.mjs`);
    process.exitCode = 1;
  } else {
    console.log(`${target} is current (${types.length} ported types)`);
  }
} else {
  await writeFile(target, wanted);
  console.log(`wrote ${target} (${types.length} ported types)`);
}
