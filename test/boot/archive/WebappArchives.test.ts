import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../src/base/index.ts';
import { WebappArchives } from '../../../src/boot/archive/WebappArchives.ts';
import { buildZip, type ZipEntry, zipOf } from '../../support/buildZip.ts';
import { TemporaryFolder } from '../../support/TemporaryFolder.ts';

const beans = { name: 'WEB-INF/red5-web.xml', data: '<beans/>' };

async function folderWith(file: string, content: Buffer): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.create();
  await writeFile(folder.file(file), content);
  return folder;
}

function code(expected: string, ...words: readonly string[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ConfigError, String(error));
    assert.equal(error.code, expected, error.message);
    for (const word of words)
      assert.ok(error.message.includes(word), `${word} in: ${error.message}`);
    return true;
  };
}

/** Everything but what the archives remember. */
async function visible(folder: TemporaryFolder): Promise<string[]> {
  return (await readdir(folder.path, { recursive: true }))
    .filter((name) => !name.startsWith('.red5'))
    .toSorted();
}

describe('an archive of a webapp', () => {
  for (const file of [
    'chat.war',
    'chat.zip',
    'chat-1.2.3.war',
    'chat-1.0-SNAPSHOT.war',
    'chat.WAR',
  ]) {
    it(`${file} is unpacked as "chat"`, async () => {
      const content = zipOf({
        'WEB-INF/red5-web.xml': '<beans/>',
        'a/b/c.txt': 'deep',
        'index.html': '',
      });
      await using folder = await folderWith(file, content);
      const installed = await new WebappArchives().unpack(folder.file(file));
      assert.equal(installed?.name, 'chat');
      assert.equal(await readFile(folder.file('chat/WEB-INF/red5-web.xml'), 'utf8'), '<beans/>');
      assert.equal(await readFile(folder.file('chat/a/b/c.txt'), 'utf8'), 'deep');
    });
  }

  for (const [file, name] of [
    ['chat-2.zip', 'chat-2'],
    ['my-app-1.0.war', 'my-app'],
    ['a.b.war', 'a.b'],
  ] as const) {
    it(`${file} is unpacked as "${name}"`, async () => {
      await using folder = await folderWith(file, buildZip([beans]));
      assert.equal((await new WebappArchives().unpack(folder.file(file)))?.name, name);
    });
  }

  it('may have everything in one folder, with what macOS adds', async () => {
    const content = zipOf({
      'chat/red5-web.yaml': 'beans: {}',
      'chat/pages/index.html': 'page',
      '__MACOSX/chat/._red5-web.yaml': 'x',
      'chat/.DS_Store': 'x',
    });
    await using folder = await folderWith('hello.zip', content);
    await new WebappArchives().unpack(folder.file('hello.zip'));
    const files = [
      'hello',
      'hello.zip',
      'hello/pages',
      'hello/pages/index.html',
      'hello/red5-web.yaml',
    ];
    assert.deepEqual(await visible(folder), files);
  });

  const refused: readonly {
    readonly name: string;
    readonly entries: readonly ZipEntry[];
    readonly code: string;
    readonly says: readonly string[];
  }[] = [
    ...[
      '../evil.txt',
      'a/../../evil.txt',
      '/etc/evil.txt',
      'C:/evil.txt',
      '..\\evil.txt',
      './x',
      'a//b',
      'a\0b',
      'a:b',
    ].map((name) => ({
      name: `an entry ${JSON.stringify(name)}`,
      entries: [beans, { name, data: 'evil' }],
      code: 'ARCHIVE_ENTRY_UNSAFE',
      says: [],
    })),
    {
      name: 'a symbolic link',
      entries: [beans, { name: 'link', data: '/etc/passwd', mode: 0o120777 }],
      code: 'ARCHIVE_ENTRY_UNSAFE',
      says: ['"link"', 'symbolic link'],
    },
    {
      name: 'a device',
      entries: [beans, { name: 'null', mode: 0o020666 }],
      code: 'ARCHIVE_ENTRY_UNSAFE',
      says: ['"null"'],
    },
    {
      name: 'names that differ in case only',
      entries: [beans, { name: 'A.txt' }, { name: 'a.txt' }],
      code: 'ARCHIVE_ENTRY_UNSAFE',
      says: ['"A.txt"', '"a.txt"'],
    },
    {
      name: 'a file that is a folder as well',
      entries: [beans, { name: 'a' }, { name: 'a/b' }],
      code: 'ARCHIVE_ENTRY_UNSAFE',
      says: ['"a/b"'],
    },
    {
      name: 'an encrypted entry',
      entries: [beans, { name: 'secret.txt', data: 'x', flags: 1 }],
      code: 'ARCHIVE_ENCRYPTED',
      says: ['"secret.txt"'],
    },
    {
      name: 'an entry packed with an unknown method',
      entries: [beans, { name: 'odd.txt', data: 'x', method: 12 }],
      code: 'ARCHIVE_ENCRYPTED',
      says: ['"odd.txt"', '12'],
    },
    {
      name: 'an entry with a wrong checksum',
      entries: [beans, { name: 'bad.txt', data: 'bad', crc: 1 }],
      code: 'ARCHIVE_UNREADABLE',
      says: ['"bad.txt"', 'checksum'],
    },
    {
      name: 'an entry that is larger than it says',
      entries: [beans, { name: 'lie.txt', data: 'x'.repeat(1000), claimedSize: 10 }],
      code: 'ARCHIVE_UNREADABLE',
      says: ['"lie.txt"'],
    },
    {
      name: 'an entry that unpacks to far more than it has',
      entries: [beans, { name: 'bomb.txt', data: Buffer.alloc(3_000_000) }],
      code: 'ARCHIVE_TOO_LARGE',
      says: ['"bomb.txt"', 'maxRatio'],
    },
    {
      name: 'more bytes than allowed',
      entries: [
        beans,
        { name: 'a', data: Buffer.alloc(600_000) },
        { name: 'b', data: Buffer.alloc(600_000) },
      ],
      code: 'ARCHIVE_TOO_LARGE',
      says: ['maxUnpackedBytes', '"b"'],
    },
    {
      name: 'more entries than allowed',
      entries: [beans, ...Array.from({ length: 100 }, (_, index) => ({ name: `${index}` }))],
      code: 'ARCHIVE_TOO_LARGE',
      says: ['101', 'maxEntries'],
    },
    {
      name: 'no bean file',
      entries: [{ name: 'index.html' }, { name: 'pages/red5-web.xml' }],
      code: 'ARCHIVE_NO_WEBAPP',
      says: [],
    },
  ];
  for (const { name, entries, code: expected, says } of refused) {
    it(`is refused with ${name}, and leaves nothing behind`, async () => {
      await using folder = await folderWith('foo.war', buildZip(entries));
      const archives = new WebappArchives();
      archives.maxUnpackedBytes =
        name === 'more bytes than allowed' ? 1_000_000 : archives.maxUnpackedBytes;
      archives.maxEntries = 100;
      await assert.rejects(
        archives.unpack(folder.file('foo.war')),
        code(expected, 'foo.war', ...says),
      );
      assert.deepEqual(await visible(folder), ['foo.war']);
      assert.deepEqual(await readdir(folder.file('.red5')), []);
    });
  }

  for (const [name, content] of [
    ['text', Buffer.from('not a zip file at all')],
    ['nothing', Buffer.alloc(0)],
    ['half an archive', buildZip([beans, { name: 'x', data: 'y' }]).subarray(0, 60)],
    ['an archive without its first half', buildZip([beans, { name: 'x', data: 'y' }]).subarray(60)],
  ] as const) {
    it(`is refused when it is ${name}`, async () => {
      await using folder = await folderWith('foo.war', content);
      await assert.rejects(
        new WebappArchives().unpack(folder.file('foo.war')),
        code('ARCHIVE_UNREADABLE', 'foo.war'),
      );
      assert.deepEqual(await visible(folder), ['foo.war']);
    });
  }

  for (const file of ['.war', '-.war', 'a b.war', '..war']) {
    it(`"${file}" gives no name`, async () => {
      await using folder = await folderWith(file, buildZip([beans]));
      await assert.rejects(
        new WebappArchives().unpack(folder.file(file)),
        code('ARCHIVE_NAME', file),
      );
    });
  }

  it('is refused when a folder of its name came from elsewhere, which stays as it is', async () => {
    await using folder = await folderWith('foo.war', buildZip([beans]));
    await folder.write({ 'foo/red5-web.yaml': 'beans: {}' });
    await assert.rejects(
      new WebappArchives().unpack(folder.file('foo.war')),
      code('ARCHIVE_NAME_TAKEN', 'foo'),
    );
    assert.deepEqual(await visible(folder), ['foo', 'foo.war', 'foo/red5-web.yaml']);
  });

  it('is not unpacked twice', async () => {
    await using folder = await folderWith('foo.war', buildZip([beans]));
    await (await new WebappArchives().unpack(folder.file('foo.war')))?.keep();
    assert.equal(await new WebappArchives().unpack(folder.file('foo.war')), undefined);
  });
});

describe('a newer archive', () => {
  async function deployed(): Promise<TemporaryFolder> {
    const folder = await folderWith(
      'foo.war',
      zipOf({ 'red5-web.yaml': 'one', 'old.txt': '', 'a/same.txt': 'one' }),
    );
    await (await new WebappArchives().unpack(folder.file('foo.war')))?.keep();
    // What the application wrote.
    await folder.write({
      'foo/persistence/data.mdb': 'objects',
      'foo/streams/a.flv': 'recording',
      'foo/a/notes.txt': 'notes',
    });
    await writeFile(
      folder.file('foo.war'),
      zipOf({ 'red5-web.yaml': 'two!', 'a/same.txt': 'two' }),
    );
    await utimes(folder.file('foo.war'), new Date(), new Date(Date.now() + 5000));
    return folder;
  }

  const written = {
    'foo/persistence/data.mdb': 'objects',
    'foo/streams/a.flv': 'recording',
    'foo/a/notes.txt': 'notes',
  };

  async function expectFiles(folder: TemporaryFolder, files: Readonly<Record<string, string>>) {
    for (const [name, text] of Object.entries(files)) {
      assert.equal(await readFile(folder.file(name), 'utf8'), text, name);
    }
  }

  it('replaces the files of the one before and keeps what the application wrote', async () => {
    await using folder = await deployed();
    await (await new WebappArchives().unpack(folder.file('foo.war')))?.keep();
    await expectFiles(folder, { ...written, 'foo/red5-web.yaml': 'two!', 'foo/a/same.txt': 'two' });
    assert.equal(existsSync(folder.file('foo/old.txt')), false);
    assert.deepEqual(await readdir(folder.file('.red5')), ['foo.json']);
  });

  it('can be undone', async () => {
    await using folder = await deployed();
    await (await new WebappArchives().unpack(folder.file('foo.war')))?.undo();
    await expectFiles(folder, {
      ...written,
      'foo/red5-web.yaml': 'one',
      'foo/a/same.txt': 'one',
      'foo/old.txt': '',
    });
    assert.deepEqual(await readdir(folder.file('.red5')), ['foo.json']);
  });

  it('changes nothing when it is broken', async () => {
    await using folder = await deployed();
    await writeFile(folder.file('foo.war'), 'broken');
    await assert.rejects(new WebappArchives().unpack(folder.file('foo.war')));
    await expectFiles(folder, { ...written, 'foo/red5-web.yaml': 'one', 'foo/old.txt': '' });
  });

  for (const step of ['before the new folder came', 'after the new folder came'] as const) {
    it(`is completed after the power failed ${step}`, async () => {
      await using folder = await deployed();
      // As it looks when the process is killed between the two renames.
      const fresh = folder.file('.red5/foo-0123456789ab.tmp');
      const aside = `${fresh}.old.tmp`;
      await folder.write({ '.red5/foo-0123456789ab.tmp/red5-web.yaml': 'two!' });
      await rename(folder.file('foo'), aside);
      if (step === 'after the new folder came') {
        await rename(`${aside}/persistence`, `${fresh}/persistence`);
        await rename(`${aside}/streams`, `${fresh}/streams`);
        await mkdir(`${fresh}/a`);
        await rename(`${aside}/a/notes.txt`, `${fresh}/a/notes.txt`);
        await rename(fresh, folder.file('foo'));
      }
      await new WebappArchives().tidyUp(folder.path);
      await expectFiles(folder, { ...written, 'foo/red5-web.yaml': 'two!' });
      assert.deepEqual(await readdir(folder.file('.red5')), ['foo.json']);
    });
  }

  it('that is removed takes its files along and leaves what the application wrote', async () => {
    await using folder = await deployed();
    await new WebappArchives().remove(folder.path, 'foo');
    await expectFiles(folder, written);
    assert.equal(existsSync(folder.file('foo/red5-web.yaml')), false);
    await rm(folder.file('foo'), { recursive: true });
    await (await new WebappArchives().unpack(folder.file('foo.war')))?.keep();
    await new WebappArchives().remove(folder.path, 'foo');
    assert.deepEqual(await visible(folder), ['foo.war']);
  });
});

describe('a folder that is copied to the webapps', () => {
  it('appears whole, keeps its links as links, and leaves what the application wrote', async () => {
    await using folder = await TemporaryFolder.create({
      'source/foo/red5-web.yaml': 'new',
      'webapps/foo/red5-web.yaml': 'old',
      'webapps/foo/gone.txt': '',
      'webapps/foo/streams/a.flv': 'recording',
    });
    await symlink('red5-web.yaml', folder.file('source/foo/link.yaml'));
    await (
      await new WebappArchives().copy(folder.file('source/foo'), folder.file('webapps'))
    ).keep();
    assert.deepEqual((await readdir(folder.file('webapps/foo'))).toSorted(), [
      'link.yaml',
      'red5-web.yaml',
      'streams',
    ]);
    assert.equal(await readFile(folder.file('webapps/foo/link.yaml'), 'utf8'), 'new');
    assert.deepEqual(await readdir(folder.file('webapps/.red5')), []);
  });
});
