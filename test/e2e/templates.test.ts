import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { red5, typeCheck } from '../support/red5Command.ts';
import { shippedConfig } from '../support/serverFiles.ts';
import { TemporaryFolder } from '../support/TemporaryFolder.ts';

async function serverFolder(): Promise<TemporaryFolder> {
  return TemporaryFolder.create({ 'conf/red5.yaml': await shippedConfig() });
}

async function make(folder: TemporaryFolder, name: string, template: string): Promise<void> {
  const { code, stderr } = await red5(['new', name, '--template', template, '--root', folder.path]);
  assert.equal(code, 0, stderr);
}

describe('red5 new', () => {
  for (const template of ['empty', 'chat', 'live']) {
    it(`makes a webapp from the template "${template}" that compiles and passes its own test`, async () => {
      await using folder = await serverFolder();
      await make(folder, 'mine', template);
      const types = await typeCheck(folder.file('webapps/mine'));
      assert.deepEqual(types, { code: 0, stdout: '', stderr: '' });
      const tests = await red5(['test', 'mine', '--root', folder.path]);
      assert.equal(tests.code, 0, tests.stdout + tests.stderr);
      assert.match(tests.stdout, /pass [1-9]/);
      assert.match(tests.stdout, /fail 0/);
      const checked = await red5(['check', folder.file('webapps/mine')]);
      assert.equal(checked.code, 0, checked.stderr);
    });
  }

  it('makes webapps whose wrong use of the API the compiler sees', async () => {
    await using folder = await serverFolder();
    await make(folder, 'mine', 'empty');
    const file = folder.file('webapps/mine/Application.ts');
    const text = await readFile(file, 'utf8');
    await writeFile(
      file,
      text.replace(
        'override async appStart(scope: Scope)',
        'override async appStrat(scope: number)',
      ),
    );
    const { code, stdout } = await typeCheck(folder.file('webapps/mine'));
    assert.notEqual(code, 0);
    assert.match(stdout, /Application\.ts\(\d+,\d+\): error TS\d+.*appStart/);
  });
});
