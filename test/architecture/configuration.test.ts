import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { type Document, isMap, isScalar, isSeq, type Pair, parseDocument } from 'yaml';
import { PeerLogLimits } from '../../src/base/index.ts';
import { EventLoopWatch } from '../../src/boot/index.ts';
import { HTTPPlugin } from '../../src/plugins/http/index.ts';
import { RTMPPlugin } from '../../src/plugins/rtmp/index.ts';
import { WebSocketPlugin } from '../../src/plugins/websocket/index.ts';
import {
  DeploymentPolicy,
  GlobalScope,
  LMDBStore,
  Server,
  SharedObjectLimits,
  TCPTransport,
  TLSHandler,
  WebScope,
} from '../../src/server/index.ts';

const repository = path.resolve(import.meta.dirname, '../..');

interface DocumentedClass {
  new (): object;
  readonly beanInfo: { readonly properties?: Readonly<Record<string, string>> };
}

const classes: Readonly<Record<string, DocumentedClass>> = {
  Server,
  DeploymentPolicy,
  EventLoopWatch,
  SharedObjectLimits,
  PeerLogLimits,
  GlobalScope,
  WebScope,
  LMDBStore,
  TCPTransport,
  TLSHandler,
  HTTPPlugin,
  RTMPPlugin,
  WebSocketPlugin,
};

const simpleTypes = ['string', 'boolean', 'int', 'list<string>'];

/** Own and inherited properties that a bean file can set. */
function propertiesOf(type: DocumentedClass): Map<string, string> {
  const properties = new Map<string, string>();
  for (
    let level: DocumentedClass | null = type;
    typeof level === 'function';
    level = Object.getPrototypeOf(level)
  ) {
    for (const [name, word] of Object.entries(level.beanInfo?.properties ?? {})) {
      if (!properties.has(name)) properties.set(name, word);
    }
  }
  return properties;
}

/** A default as it is written: lists by commas; nothing for what is empty, required or an object. */
function defaultText(instance: object, name: string): string {
  const value: unknown = Reflect.get(instance, name);
  if (Array.isArray(value))
    return value.every((item) => typeof item === 'string') ? value.join(', ') : '';
  return typeof value === 'object' || value === undefined ? '' : String(value);
}

describe('docs/reference/configuration.md', async () => {
  const text = await readFile(path.join(repository, 'docs/reference/configuration.md'), 'utf8');
  const scope = new Set(propertiesOf(GlobalScope).keys());
  for (const [name, type] of Object.entries(classes)) {
    it(`lists each property of ${name} with its default`, () => {
      const [, chapter = ''] = text.split(`\n## ${name}\n`);
      const rows = [
        ...(chapter.split('\n## ')[0] ?? '').matchAll(/^\| `(\w+)` \| (?:`(.*?)`)? ?\|/gm),
      ];
      const documented = new Map(rows.map(([, property = '', value = '']) => [property, value]));
      const properties = [...propertiesOf(type).keys()].filter(
        // Those of every scope are listed once.
        (property) => name !== 'WebScope' || !scope.has(property) || documented.has(property),
      );
      assert.deepEqual([...documented.keys()].toSorted(), properties.toSorted());
      const instance = new type();
      for (const [property, value] of documented) {
        if (['server', 'parent'].includes(property)) continue;
        if (name === 'WebScope' && property === 'contextPath') continue;
        assert.equal(value, defaultText(instance, property), `default of ${property}`);
      }
    });
  }
});

/** The beans of a file, and then those of its profiles. */
function beansOf(file: unknown): Pair[] {
  assert.ok(isMap(file));
  const beans = file.get('beans');
  const nested = file.get('nested');
  assert.ok(isMap(beans));
  return [...beans.items, ...(isSeq(nested) ? nested.items.flatMap(beansOf) : [])];
}

describe('conf/red5.yaml', async () => {
  const file = await readFile(path.join(repository, 'conf/red5.yaml'), 'utf8');
  const document: Document = parseDocument(file, { logLevel: 'silent' });
  for (const { key, value } of beansOf(document.contents)) {
    assert.ok(isScalar(key) && isMap(value));
    const type = classes[String(value.get('class'))];
    if (type === undefined) continue;
    const properties = value.get('properties');
    const shown = new Map<string, string>();
    for (const pair of isMap(properties) ? properties.items : []) {
      if (!isScalar(pair.key)) continue;
      const { value: node } = pair;
      const items = isSeq(node) ? node.items : [node];
      // A placeholder's default is what counts.
      const texts = items.map((item) =>
        isScalar(item) ? String(item.value).replace(/^\$\{[^:}]*:(.*)\}$/, '$1') : '',
      );
      shown.set(String(pair.key.value), texts.join(', '));
    }

    it(`shows each setting of ${String(key.value)} with the default of the class`, () => {
      const instance = new type();
      for (const [property, word] of propertiesOf(type)) {
        if (!simpleTypes.includes(word)) continue;
        // What makes the beans of one class different from each other.
        if (type === TCPTransport && ['name', 'port'].includes(property)) continue;
        if (type === GlobalScope) continue;
        // The class has no place of its own for files.
        if (['keyFile', 'certificateFile'].includes(property)) continue;
        assert.equal(shown.get(property), defaultText(instance, property), property);
      }
    });
  }
});
