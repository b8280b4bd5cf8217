import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import ts from 'typescript';

const source = path.resolve(import.meta.dirname, '../../src/client');

/** Serves a page, and the client's files as a browser runs them: each by itself, with nothing put together. */
export async function startPage(html: string): Promise<AsyncDisposable & { readonly url: string }> {
  const files = new Map<string, string>();
  for (const name of await readdir(source)) {
    const { outputText } = ts.transpileModule(await readFile(path.join(source, name), 'utf8'), {
      compilerOptions: {
        module: ts.ModuleKind.ES2022,
        target: ts.ScriptTarget.ES2022,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    });
    files.set(`/client/${name.replace(/\.ts$/, '.js')}`, outputText);
  }
  const http = createServer((request, response) => {
    const script = files.get(request.url ?? '');
    response.setHeader('Content-Type', script === undefined ? 'text/html' : 'text/javascript');
    response.end(script ?? html);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
}
