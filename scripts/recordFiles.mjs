/** A reporter of node:test that writes, as JSON, which files ran tests, and how many ended how. */
export default async function* recordFiles(source) {
  const files = new Set();
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    // A file without tests is reported as a test that has the file's name.
    if (data.file === undefined || data.name === data.file) continue;
    files.add(data.file);
    if (data.details?.type === 'suite') continue;
    if (data.skip !== undefined || data.todo !== undefined) counts.skipped += 1;
    else counts[type === 'test:pass' ? 'passed' : 'failed'] += 1;
  }
  yield JSON.stringify({ files: [...files], ...counts });
}
