import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ServerFolder } from './ServerProcess.ts';

const fixtures = path.resolve(import.meta.dirname, '../fixtures/webapps');

/** How the beans of a webapp are written, and where the files lie. */
export const beanFileForms = [
  { name: 'red5-web.yaml', format: 'yaml', folder: '' },
  { name: 'red5-web.xml beside the page', format: 'xml', folder: '' },
  { name: 'red5-web.xml in WEB-INF', format: 'xml', folder: 'WEB-INF' },
] as const;

export type BeanFileForm = (typeof beanFileForms)[number];

/** Replaces the chat's own bean file by one of another form, and nothing else. */
export async function writeChatBeans(server: ServerFolder, form: BeanFileForm): Promise<void> {
  if (form.format === 'yaml') return; // that is what is shipped
  for (const name of ['red5-web.yaml', 'red5-web.properties']) {
    await rm(server.file('webapps/chat', name));
  }
  const target = server.file('webapps/chat', form.folder);
  await mkdir(target, { recursive: true });
  for (const name of ['red5-web.xml', 'red5-web.properties']) {
    await cp(path.join(fixtures, 'chat-xml', name), path.join(target, name));
  }
}

/** Deploys the application that writes down what happens to it, with beans of the given form. */
export async function addProbe(server: ServerFolder, form: BeanFileForm): Promise<void> {
  const source = path.join(fixtures, 'probe');
  const folder = server.file('webapps/probe');
  const beans = path.join(folder, form.folder);
  await mkdir(beans, { recursive: true });
  for (const name of ['Application.ts', 'ProbeListener.ts']) {
    await cp(path.join(source, name), path.join(folder, name));
  }
  for (const name of [`red5-web.${form.format}`, 'red5-web.properties']) {
    await cp(path.join(source, name), path.join(beans, name));
  }
}

/** Deploys the application that has a bean file and a page, and no code. */
export async function addStaticOnly(server: ServerFolder): Promise<void> {
  await cp(path.join(fixtures, 'static-only'), server.file('webapps/static-only'), {
    recursive: true,
  });
}

/** Copies the chat to another folder and gives it another context path. */
export async function addChatCopy(server: ServerFolder, name: string): Promise<void> {
  await cp(server.file('webapps/chat'), server.file('webapps', name), { recursive: true });
  await writeFile(
    server.file('webapps', name, 'red5-web.properties'),
    `webapp.contextPath=/${name}\nwebapp.virtualHosts=*\n`,
  );
}
