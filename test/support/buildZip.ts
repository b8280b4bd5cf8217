import { crc32, deflateRawSync } from 'node:zlib';

/** A file of a zip archive; everything but the name may be left out, or be a lie. */
export interface ZipEntry {
  readonly name: string;
  readonly data?: Buffer | string;
  /** Unix mode with file type; default a regular file. */
  readonly mode?: number;
  /** 0 stored, 8 deflated. Default 8. */
  readonly method?: number;
  /** Bit 0 says encrypted. */
  readonly flags?: number;
  readonly crc?: number;
  /** What the archive claims as the size unpacked. */
  readonly claimedSize?: number;
}

/** Writes a zip archive, byte by byte as the format says, right or wrong. */
export function buildZip(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const data = Buffer.from(entry.data ?? '');
    const method = entry.method ?? 8;
    const packed = method === 8 ? deflateRawSync(data) : data;
    const name = Buffer.from(entry.name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE((entry.flags ?? 0) | 0x800, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(0x5a210000, 6);
    common.writeUInt32LE(entry.crc ?? crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(entry.claimedSize ?? data.length, 18);
    common.writeUInt16LE(name.length, 22);
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), common, name, packed);
    const header = Buffer.alloc(42);
    common.copy(header, 2);
    header.writeUInt16LE((3 << 8) | 20, 0);
    header.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 34);
    header.writeUInt32LE(offset, 38);
    directory.push(Buffer.from('PK\x01\x02', 'latin1'), header, name);
    offset += 30 + name.length + packed.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}

/** A zip archive of files by name. */
export function zipOf(files: Readonly<Record<string, string>>): Buffer {
  return buildZip(Object.entries(files).map(([name, data]) => ({ name, data })));
}
