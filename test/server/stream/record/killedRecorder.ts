import { readFile } from 'node:fs/promises';
import { FLVReader } from '../../../../src/io/index.ts';
import { createMediaMessage } from '../../../../src/server/index.ts';
import { RecordingFile } from '../../../../src/server/stream/record/RecordingFile.ts';

// Run as a process of its own and killed: appends a file to another, and says how many audio and video frames are in it for sure.
const [from = '', path = ''] = process.argv.slice(2);
const tags = [...new FLVReader().push(await readFile(from))];
const file = await RecordingFile.open({ path, append: true });
let frames = 0;
for (let round = 0; ; round += 1) {
  for (const [at, tag] of tags.entries()) {
    const time = tag.timestamp + round * 4_000;
    const message = createMediaMessage(tag.type, time, tag.payload);
    file.add(message, time);
    if (message.type !== 'data' && !message.isSequenceHeader) frames += 1;
    if (at % 5 !== 0) continue;
    await file.flush();
    process.stdout.write(`${frames}\n`);
    if (at % 100 === 0) await file.describe();
  }
}
