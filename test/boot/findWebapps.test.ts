import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { findServerBeanFile } from '../../src/boot/findBeanFiles.ts';
import { findWebapps } from '../../src/boot/findWebapps.ts';
import { TemporaryFolder } from '../support/TemporaryFolder.ts';

async function beanFilesOf(files: Readonly<Record<string, string>>) {
  await using folder = await TemporaryFolder.create(files);
  const webapps = await findWebapps(folder.file('webapps'), folder.path);
  return webapps.map(({ name, folder: webapp, files, errors }) => ({
    name,
    files: files.map((file) => path.relative(webapp, file)),
    errors: errors.map(({ code, message, location }) => ({ code, message, at: location?.file })),
  }));
}

describe('findWebapps', () => {
  const cases = [
    {
      name: 'takes bean files of the folder and of WEB-INF, sorted by name',
      files: {
        'webapps/chat/red5-web.yaml': '',
        'webapps/chat/WEB-INF/red5-extra.xml': '',
        'webapps/chat/red5-more.yml': '',
      },
      found: ['WEB-INF/red5-extra.xml', 'red5-more.yml', 'red5-web.yaml'],
    },
    {
      name: "leaves out what editors and copies leave behind, and other files' names",
      files: {
        'webapps/chat/red5-web.yaml': '',
        'webapps/chat/red5-web.xml~': '',
        'webapps/chat/red5-web.xml.bak': '',
        'webapps/chat/.red5-web.yaml.swp': '',
        'webapps/chat/red5.yaml': '',
        'webapps/chat/red5-.xml': '',
        'webapps/chat/sub/red5-web.xml': '',
      },
      found: ['red5-web.yaml'],
    },
    {
      name: 'lists a folder without bean files with none',
      files: { 'webapps/chat/index.html': '' },
      found: [],
    },
    {
      name: 'takes a folder that is called like a bean file for what it is',
      files: { 'webapps/chat/red5-web.yaml/file': '' },
      found: [],
    },
  ];
  for (const { name, files, found } of cases) {
    it(name, async () => {
      const webapps = await beanFilesOf(files);
      assert.deepEqual(webapps, [{ name: 'chat', files: found, errors: [] }]);
    });
  }

  for (const [first, second] of [
    ['red5-web.xml', 'red5-web.yaml'],
    ['WEB-INF/red5-web.xml', 'red5-web.yaml'],
    ['WEB-INF/red5-web.xml', 'red5-web.xml'],
    ['red5-web.yaml', 'red5-web.yml'],
  ] as const) {
    it(`refuses ${first} together with ${second}, naming both`, async () => {
      const files = { [`webapps/chat/${first}`]: '', [`webapps/chat/${second}`]: '' };
      const [webapp] = await beanFilesOf(files);
      const [error] = webapp?.errors ?? [];
      assert.deepEqual(webapp?.files, []);
      assert.equal(error?.code, 'BEAN_FILE_AMBIGUOUS');
      for (const name of [first, second])
        assert.ok(error?.message.includes(`webapps/chat/${name}`));
    });
  }

  it('sorts webapps by name and leaves out hidden folders and files', async () => {
    const webapps = await beanFilesOf({
      'webapps/b/red5-web.yaml': '',
      'webapps/a/red5-web.yaml': '',
      'webapps/.git/red5-web.yaml': '',
      'webapps/readme.txt': '',
    });
    assert.deepEqual(
      webapps.map(({ name }) => name),
      ['a', 'b'],
    );
  });

  it('finds none in a server without webapps folder', async () => {
    assert.deepEqual(await beanFilesOf({ 'conf/red5.yaml': '' }), []);
  });

  it('goes on after a link that leads nowhere', async () => {
    await using folder = await TemporaryFolder.create({ 'webapps/b/red5-web.yaml': '' });
    await symlink(folder.file('nowhere'), folder.file('webapps/a'));
    const [a, b] = await findWebapps(folder.file('webapps'), folder.path);
    assert.equal(a?.errors[0]?.code, 'WEBAPP_UNREADABLE');
    assert.equal(b?.files.length, 1);
  });
});

describe('findServerBeanFile', () => {
  it('says where it looked when there is none', async () => {
    await using folder = await TemporaryFolder.create();
    const { errors } = await findServerBeanFile(folder.path);
    assert.equal(errors[0]?.code, 'SERVER_CONFIG_MISSING');
    assert.ok(errors[0]?.message.includes(folder.file('conf')));
  });

  it('refuses red5.xml together with red5.yaml', async () => {
    await using folder = await TemporaryFolder.create({
      'conf/red5.yaml': '',
      'conf/red5.xml': '',
    });
    const { errors, files } = await findServerBeanFile(folder.path);
    assert.equal(errors[0]?.code, 'BEAN_FILE_AMBIGUOUS');
    assert.deepEqual(files, []);
  });
});
