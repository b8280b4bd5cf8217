/** Beginnings of names of Java classes, and namespaces of Spring, with what to do about them on Node. */
const ADVICE: readonly (readonly [beginnings: string, advice: string])[] = [
  [
    'org.springframework.beans.factory.config.CustomScopeConfigurer|org.springframework.context.support.SimpleThreadScope',
    'there are no scopes besides singleton and prototype; delete it, and keep such values in the connection, the client or the scope',
  ],
  [
    'org.springframework.beans.factory.config.PreferencesPlaceholderConfigurer',
    'Java keeps preferences, Node does not; write a PropertyPlaceholderConfigurer and a properties file',
  ],
  [
    'org.springframework.scripting|schema/lang',
    'scripts of the JVM do not run here; write the script as a TypeScript class',
  ],
  [
    'org.springframework.jdbc|org.apache.commons.dbcp|org.apache.tomcat.jdbc|org.apache.tomcat.dbcp|com.mchange.v2.c3p0|com.zaxxer.hikari|com.jolbox.bonecp|com.alibaba.druid|org.logicalcobwebs.proxool|com.mysql|org.postgresql|oracle.jdbc|org.h2|org.hsqldb|net.sourceforge.jtds|schema/jdbc',
    'JDBC is of Java; delete it, and open the database in a class of yours with a client from npm',
  ],
  [
    'org.hibernate|org.springframework.orm|javax.persistence|jakarta.persistence|org.apache.ibatis|com.ibatis|org.mybatis|org.springframework.data.jpa|schema/data/jpa',
    'object mappers of Java do not run here; delete it, and read and write in a class of yours with a client from npm',
  ],
  [
    'org.springframework.transaction|org.springframework.dao|schema/tx',
    'there are no declared transactions; delete it, and begin and commit in your code',
  ],
  [
    'org.springframework.aop|org.aspectj|org.aopalliance|org.springframework.cglib|schema/aop',
    'there are no aspects; delete it, and call the code from the class itself',
  ],
  [
    'org.quartz|org.springframework.scheduling|org.springframework.core.task|java.util.Timer|schema/task',
    'delete it, and schedule jobs in your application with addScheduledJob',
  ],
  [
    'org.springframework.web|org.springframework.ui|org.springframework.validation|org.springframework.remoting|javax.servlet|jakarta.servlet|org.apache.catalina|org.mortbay|org.eclipse.jetty|schema/mvc|schema/webflow',
    'pages and servlets of Java are not served; delete it, put files beside the bean file, and offer methods to clients',
  ],
  ['org.springframework.jmx|javax.management|org.red5.server.jmx', 'there is no JMX; delete it'],
  [
    'org.springframework.security|org.acegisecurity|schema/security',
    'Spring Security does not run here; delete it, and decide in appConnect or in a security handler of the scope',
  ],
  [
    'org.springframework.jndi|org.springframework.ejb|javax.naming|javax.ejb|schema/jee',
    'there is no JNDI; delete it, and give the value with a placeholder or a bean of yours',
  ],
  [
    'org.springframework.jms|org.apache.activemq|javax.jms|org.springframework.amqp|schema/jms|schema/rabbit|schema/integration',
    'JMS and its kin are of Java; delete it, and send messages in a class of yours with a client from npm',
  ],
  [
    'redis.clients|org.springframework.data|com.mongodb|net.spy.memcached|net.rubyeye.xmemcached|schema/data|schema/redis|schema/mongo',
    'this client is of Java; delete it, and use one from npm in a class of yours',
  ],
  [
    'net.sf.ehcache|org.springframework.cache|org.ehcache|com.google.common.cache|schema/cache',
    'delete it; a Map in a class of yours, or a package from npm, keeps values',
  ],
  [
    'org.springframework.mail|javax.mail|org.apache.velocity|freemarker|org.springframework.oxm|com.thoughtworks.xstream',
    'this library is of Java; delete it, and use one from npm in a class of yours',
  ],
  [
    'org.apache.log4j|org.apache.logging|ch.qos.logback|org.slf4j',
    'delete it; loggers are given to classes as red5.logger',
  ],
  [
    'org.springframework.beans.factory.annotation|org.springframework.context.annotation|org.springframework.orm.jpa.support',
    'annotations of Java classes mean nothing here; delete it, and set properties in the bean file or use autowire',
  ],
  [
    'org.apache.mina|io.netty|org.jboss.netty|org.red5.server.net|org.red5.server.mina',
    'the server has its own transports, in conf/red5.yaml; delete it',
  ],
  [
    'org.springframework.|schema/',
    'this part of Spring is not offered; delete it, or write a class of yours that does the same',
  ],
  [
    'java.|javax.',
    'this class is of Java; delete it, or write a class of yours that does the same',
  ],
  [
    'org.red5.server.|org.red5.io.|org.red5.cache.|org.red5.service.|org.red5.compatibility.',
    'this class of Red5 is not offered; delete it when the server does without, else write a class of yours',
  ],
];

/** What to do about elements of Spring's namespace `context`. */
const CONTEXT_ADVICE: Readonly<Record<string, string>> = {
  'component-scan':
    'annotations of Java classes mean nothing here; delete it, and define the classes it found as beans',
  'mbean-export': 'there is no JMX; delete it',
  'mbean-server': 'there is no JMX; delete it',
  'load-time-weaver': 'there are no aspects; delete it',
  'spring-configured': 'there are no aspects; delete it',
};

/**
 * What to do about a Java class that belongs to a library, so that nobody is told to port the library.
 *
 * Undefined for classes of an application: those are to be written in TypeScript.
 *
 * @param exact - only for this very class, not for its library
 */
export function adviceForClass(name: string, exact = false): string | undefined {
  if (/\.webapp\./.test(name)) return undefined;
  return find((beginning) => (exact ? name === beginning : name.startsWith(beginning)));
}

/** The end of a message about an element of a namespace that is not read. */
export function adviceForElement(uri: string, name: string): string {
  const isContext = uri === 'http://www.springframework.org/schema/context';
  const advice = isContext
    ? Object.hasOwn(CONTEXT_ADVICE, name)
      ? CONTEXT_ADVICE[name]
      : undefined
    : find((beginning) => uri.startsWith(`http://www.springframework.org/${beginning}`));
  return advice === undefined ? '' : `: ${advice}`;
}

function find(fits: (beginning: string) => boolean): string | undefined {
  return ADVICE.find(([beginnings]) => beginnings.split('|').some(fits))?.[1];
}
