import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { checkCommand } from '../../src/checkCommand.ts';
import { MemoryLogger } from '../support/serverFiles.ts';
import { temporaryFolder } from './support.ts';

/** What `red5 check FOLDER --json` says. */
interface Report {
  readonly beans: number;
  readonly problems: readonly {
    readonly code: string;
    readonly message: string;
    readonly file?: string;
    readonly line?: number;
  }[];
  readonly missingClasses: readonly { readonly name: string; readonly advice?: string }[];
}

const repository = resolve(import.meta.dirname, '../..');
const folders = resolve(repository, '..', 'shared', 'bean-files');

async function check(folder: string): Promise<Report> {
  const { output } = await checkCommand({
    folder,
    server: repository,
    systemProperties: {},
    env: {},
    logger: new MemoryLogger(),
    json: true,
    color: false,
  });
  return JSON.parse(output) as Report;
}

/** Checks a webapp of Java that has these files in its `WEB-INF`. */
async function checkFiles(files: Readonly<Record<string, string | Uint8Array>>): Promise<Report> {
  const entries = Object.entries(files).map(([name, text]) => [`WEB-INF/${name}`, text] as const);
  await using folder = await temporaryFolder(Object.fromEntries(entries));
  return await check(folder.path);
}

function codes({ problems }: Report): string[] {
  return problems.map(({ code, line }) => `${line} ${code}`);
}

const WEB_SCOPE = `
  <bean id="web.context" class="org.red5.server.Context" autowire="byType"/>
  <bean id="web.scope" class="org.red5.server.WebScope" init-method="register">
    <property name="server" ref="red5.server"/>
    <property name="parent" ref="global.scope"/>
    <property name="context" ref="web.context"/>
    <property name="handler" ref="web.handler"/>
    <property name="contextPath" value="/x"/>
    <property name="virtualHosts" value="*"/>
  </bean>
  <bean id="web.handler" class="org.red5.server.adapter.MultiThreadedApplicationAdapter"/>`;
const PLAIN = `<beans>${WEB_SCOPE}</beans>`;

describe('bean files of webapps in the wild', () => {
  const missing = existsSync(folders) ? false : `there is no folder ${folders}`;
  const names = missing ? [] : readdirSync(folders).filter((name) => !name.includes('.tsv'));
  /** What is wrong besides classes and files that were not collected with them, and is said rightly. */
  const others: Readonly<Record<string, readonly string[]>> = {
    // Handlers that these files leave to others.
    'Red5-red5-server-7d0875': ['BEAN_NOT_FOUND'],
    'naftulikay-red5-server-7a4de60e4a-9cf536': ['BEAN_NOT_FOUND'],
    // Spring Security.
    'mondain-red5-d4b4d2': ['NOT_SUPPORTED'],
  };
  it('are there', { skip: missing }, () => assert.ok(names.length > 25));
  for (const name of names) {
    it(`${name}: classes to write, and little else`, async () => {
      const { beans, problems, missingClasses } = await check(join(folders, name));
      const expected = ['CLASS_NOT_FOUND', 'FILE_NOT_FOUND', ...(others[name] ?? [])];
      assert.deepEqual(
        problems.filter(({ code }) => !expected.includes(code)),
        [],
      );
      assert.deepEqual(
        problems.filter(({ line }) => line === undefined),
        [],
      );
      assert.ok(beans > 0 || problems.length > 0);
      const classes = problems.filter(({ code }) => code === 'CLASS_NOT_FOUND');
      assert.equal(classes.length === 0, missingClasses.length === 0);
    });
  }
});

describe('a webapp of Java', () => {
  it('with nothing but classes of Red5 is in order as it is', async () => {
    assert.deepEqual(codes(await checkFiles({ 'red5-web.xml': PLAIN })), []);
  });

  it('of an old Red5, which sets up its context by hand, is in order as it is', async () => {
    const byHand = ['scopeResolver', 'clientRegistry', 'serviceInvoker', 'mappingStrategy']
      .map(
        (name) =>
          `<property name="${name}" ref="${name === 'scopeResolver' ? 'red5' : 'global'}.${name}"/>`,
      )
      .join('\n');
    const old = PLAIN.replace('autowire="byType"/>', `>${byHand}</bean>`);
    assert.deepEqual(codes(await checkFiles({ 'red5-web.xml': old })), []);
  });

  const encodings = [
    {
      name: 'UTF-8 with a mark',
      bytes: Buffer.from(`\uFEFF<?xml version="1.0" encoding="UTF-8"?>${PLAIN}`),
    },
    {
      name: 'ISO-8859-1',
      bytes: Buffer.from(
        `<?xml version="1.0" encoding="ISO-8859-1"?><!-- \xE9 -->${PLAIN}`,
        'latin1',
      ),
    },
    {
      name: 'windows-1252',
      bytes: Buffer.from(
        `<?xml version="1.0" encoding="windows-1252"?><!-- \x80 -->${PLAIN}`,
        'latin1',
      ),
    },
    { name: 'US-ASCII', bytes: Buffer.from(`<?xml version="1.0" encoding="US-ASCII"?>${PLAIN}`) },
    {
      name: 'UTF-16',
      bytes: Buffer.from(`\uFEFF<?xml version="1.0" encoding="UTF-16"?>${PLAIN}`, 'utf16le'),
    },
  ];
  for (const { name, bytes } of encodings) {
    it(`in ${name} is read`, async () => {
      assert.deepEqual(codes(await checkFiles({ 'red5-web.xml': bytes })), []);
    });
  }

  it('with a document type, and with line ends of Windows, is read', async () => {
    const text = `<?xml version="1.0"?>\r\n<!DOCTYPE beans PUBLIC "-//SPRING//DTD BEAN//EN"\r\n "http://www.springframework.org/dtd/spring-beans.dtd">\r\n${PLAIN.replaceAll('\n', '\r\n').replace('<beans>', '<beans default-dependency-check="none" default-lazy-init="false" default-autowire="no">')}`;
    assert.deepEqual(codes(await checkFiles({ 'red5-web.xml': text })), []);
  });

  it('finds what is on its class path in WEB-INF/classes', async () => {
    const text = `<beans>
  <bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer">
    <property name="locations"><list><value>classpath*:none.properties</value><value>classpath:app.properties</value></list></property>
  </bean>
  <import resource="classpath:more.xml"/>
  <import resource="classpath*:none.xml"/>
  <import resource="classpath*:spring/*.xml"/>${WEB_SCOPE.replace('/x', '#{path}').replace('#', '$')}</beans>`;
    const files = {
      'red5-web.xml': text,
      'classes/app.properties': 'path=/y',
      'classes/more.xml': '<beans><bean id="a" class="java.lang.Object"/></beans>',
      'classes/spring/b.xml':
        '<beans><bean id="b" class="java.lang.Object"><property name="no" ref="a"/></bean></beans>',
    };
    const report = await checkFiles(files);
    assert.deepEqual(
      report.problems.map(({ code, file }) => `${file} ${code}`),
      ['WEB-INF/classes/spring/b.xml PROPERTY_UNKNOWN'],
    );
  });

  it('of several files is one context', async () => {
    const [beans] = [
      await checkFiles({
        'red5-web.xml': PLAIN,
        'red5-more.xml':
          '<beans><bean id="m" class="a.More"><property name="scope" ref="web.scope"/></bean></beans>',
      }),
    ];
    assert.deepEqual(codes(beans), ['1 CLASS_NOT_FOUND']);
  });

  const namespaces = [
    'context',
    'tx',
    'aop',
    'jee',
    'lang',
    'task',
    'mvc',
    'jms',
    'security',
    'cache',
  ];
  it('is told what to do about each element of Spring that is not read', async () => {
    const elements = [
      'context:component-scan base-package="a"',
      'context:mbean-export',
      'tx:annotation-driven',
      'aop:config',
      'jee:jndi-lookup id="a" jndi-name="b"',
      'lang:groovy id="g"',
      'task:scheduler id="s"',
      'mvc:annotation-driven',
      'jms:listener-container',
      'security:http',
      'cache:annotation-driven',
    ];
    const declared = namespaces
      .map((one) => `xmlns:${one}="http://www.springframework.org/schema/${one}"`)
      .join(' ');
    const text = `<beans xmlns="http://www.springframework.org/schema/beans" ${declared}>\n${elements.map((one) => `<${one}/>`).join('\n')}\n${WEB_SCOPE}</beans>`;
    const report = await checkFiles({ 'red5-web.xml': text });
    assert.deepEqual(
      codes(report),
      elements.map((_, index) => `${index + 2} NOT_SUPPORTED`),
    );
    for (const { message } of report.problems) assert.match(message, / is not supported: .{20}/);
  });

  it('is not told to port the libraries of Java, only its own classes', async () => {
    const libraries = [
      'org.apache.commons.dbcp.BasicDataSource',
      'org.springframework.jdbc.datasource.DriverManagerDataSource',
      'org.springframework.orm.hibernate3.LocalSessionFactoryBean',
      'org.springframework.orm.hibernate3.HibernateTransactionManager',
      'org.springframework.scheduling.quartz.SchedulerFactoryBean',
      'org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor',
      'org.springframework.scripting.support.ScriptFactoryPostProcessor',
      'org.springframework.beans.factory.annotation.AutowiredAnnotationBeanPostProcessor',
      'org.springframework.jmx.export.MBeanExporter',
      'org.springframework.web.servlet.view.InternalResourceViewResolver',
      'redis.clients.jedis.JedisPool',
      'java.util.concurrent.ThreadPoolExecutor',
      'org.red5.server.stream.ClientBroadcastStream',
    ];
    const own = [
      'com.acme.Application',
      'org.red5.core.Application',
      'org.red5.server.webapp.oflaDemo.Application',
    ];
    const beans = [...libraries, ...own].map((name) => `<bean class="${name}"/>`).join('\n');
    const report = await checkFiles({ 'red5-web.xml': `<beans>${beans}${WEB_SCOPE}</beans>` });
    const { missingClasses, problems } = report;
    assert.equal(problems.length, libraries.length + own.length);
    assert.deepEqual(
      missingClasses.filter(({ advice }) => advice === undefined).map(({ name }) => name),
      own.toSorted(),
    );
    assert.deepEqual(
      missingClasses.filter(({ advice }) => advice !== undefined).map(({ name }) => name),
      libraries.toSorted(),
    );
    for (const { message } of problems) assert.doesNotMatch(message, /did you mean|chat\./);
  });
});
