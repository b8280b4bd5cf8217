import type { StandIns, Standing } from './StandIns.ts';

type Method = (this: Standing, ...args: never[]) => unknown;

/** What a class does besides storing. */
export interface Behaviour {
  /** Sets values a new instance begins with. */
  readonly init?: (self: Standing) => void;
  /** Runs after the arguments were stored. */
  readonly constructed?: (self: Standing, args: readonly unknown[]) => void;
  readonly methods?: Readonly<Record<string, Method>>;
  readonly statics?: Readonly<Record<string, (...args: never[]) => unknown>>;
}

/** Behaviour by Java name of the class. */
export type Behaviours = Readonly<Record<string, Behaviour>>;

const XML = 'org.springframework.beans.factory.xml.';
const BEANS = 'org.springframework.beans.testfixture.beans.';
const TESTS = `${XML}XmlBeanFactoryTests$`;
const FACTORY_TESTS = 'org.springframework.beans.factory.FactoryBeanTests$';
const RED5 = 'org.red5.server.';

interface BeanSource {
  getBean(name: string): unknown;
}

/** A setter that sets a flag of its name, for methods that only tell they were called. */
function flags(names: Readonly<Record<string, string>>): Record<string, Method> {
  return Object.fromEntries(
    Object.entries(names).map(([method, flag]) => [
      method,
      function (this: Standing): void {
        this[`$${flag}`] = true;
      },
    ]),
  );
}

/** The behaviour of all classes that do more than store values. */
export function behaviours(classes: StandIns): Behaviours {
  const events = (): string[] => classes.get('fixture.Events')['log'] as string[];
  const log = (text: string): void => {
    events().push(text);
  };
  const create = (name: string, ...args: readonly unknown[]): Standing =>
    new (classes.get(name))(...args);
  const testBean = (...args: readonly unknown[]): Standing => create(`${BEANS}TestBean`, ...args);
  const factoryMethods = (tb: unknown, name: unknown, num: unknown): Standing =>
    create(`${BEANS}FactoryMethods`, tb, name, num);

  const recorder = (text: string): Method =>
    function (this: Standing): void {
      log(`${String(this['$label'])}:${text}`);
    };
  const recordedSetter = (name: string, text: string): Method =>
    function (this: Standing, value: never): void {
      log(`${String(this['$label'])}:${text}`);
      this[name] = value;
    };

  const orderedLife: Behaviour = {
    methods: {
      setBeanName(this: Standing, name: never) {
        this['beanName'] = name;
      },
      setBeanFactory(this: Standing, factory: never) {
        this['$owningFactory'] = factory;
      },
      postProcessBeforeInit(this: Standing) {
        if (this['$inited'] === true || this['$initedViaDeclaredInitMethod'] === true)
          throw new Error('initialised already');
        if (this['$postProcessedBeforeInit'] === true) throw new Error('processed already');
        this['$postProcessedBeforeInit'] = true;
      },
      afterPropertiesSet(this: Standing) {
        if (this['$owningFactory'] === null) throw new Error('no factory');
        if (this['$postProcessedBeforeInit'] !== true) throw new Error('not processed');
        if (this['$initedViaDeclaredInitMethod'] === true || this['$inited'] === true)
          throw new Error('too late');
        this['$inited'] = true;
      },
      declaredInitMethod(this: Standing) {
        if (this['$inited'] !== true || this['$initedViaDeclaredInitMethod'] === true)
          throw new Error('wrong order');
        this['$initedViaDeclaredInitMethod'] = true;
      },
      postProcessAfterInit(this: Standing) {
        if (this['$inited'] !== true) throw new Error('not initialised');
        if (this['initMethodDeclared'] === true && this['$initedViaDeclaredInitMethod'] !== true)
          throw new Error('no init-method');
        if (this['$postProcessedAfterInit'] === true) throw new Error('processed already');
        this['$postProcessedAfterInit'] = true;
      },
      businessMethod(this: Standing) {
        const done = this['$inited'] === true && this['$postProcessedAfterInit'] === true;
        if (
          !done ||
          (this['initMethodDeclared'] === true && this['$initedViaDeclaredInitMethod'] !== true)
        )
          throw new Error('not ready');
      },
      destroy(this: Standing) {
        if (this['$destroyed'] === true) throw new Error('destroyed already');
        this['$destroyed'] = true;
      },
    },
  };
  const lifeProcessor: Behaviour = {
    methods: {
      postProcessBeforeInitialization(this: Standing, bean: never) {
        callIfThere(bean, 'postProcessBeforeInit');
        return bean;
      },
      postProcessAfterInitialization(this: Standing, bean: never) {
        callIfThere(bean, 'postProcessAfterInit');
        return bean;
      },
    },
  };
  const preparing = (name: string): Behaviour => ({
    constructed: () => {
      classes.get(name)['prepared'] = true;
    },
    methods: {
      destroy() {
        classes.get(name)['destroyed'] = true;
      },
    },
  });
  const once = (self: Standing): void => {
    if (self['singleton'] !== true) return;
  };

  return {
    'fixture.Events': {
      statics: {
        add: (text: string) => log(text),
        reset: () => {
          classes.get('fixture.Events')['log'] = [];
        },
      },
    },
    'fixture.PetrolEngine': { methods: { sound: () => 'brumm' } },
    'fixture.ElectricEngine': { methods: { sound: () => 'sss' } },
    'fixture.Car': {
      constructed(self, args) {
        self['$via'] = ['none', 'engine', 'engine+plate'][args.length];
      },
    },
    'fixture.Invoked': {
      methods: {
        add(this: Standing, amount: number) {
          this['$total'] = Number(this['$total']) + amount;
        },
        greet(this: Standing, who: string) {
          this['$last'] = `hello ${who}`;
          return this['$last'];
        },
      },
      statics: {
        sum: (a: number, b: number) => a + b,
        setBufferType: (type: string) => {
          classes.get('fixture.Invoked')['lastStatic'] = type;
        },
      },
    },
    'fixture.Recorder': {
      init(self) {
        self['$label'] = '';
      },
      constructed(self) {
        log(`${String(self['$label'])}:constructor`);
      },
      methods: {
        setValue: recordedSetter('value', 'setValue'),
        setDep: recordedSetter('dep', 'setDep'),
        setOther: recordedSetter('other', 'setOther'),
        setBeanName: recordedSetter('beanName', 'setBeanName'),
        setBeanFactory: recordedSetter('$factory', 'setBeanFactory'),
        setApplicationContext: recordedSetter('$context', 'setApplicationContext'),
        afterPropertiesSet: recorder('afterPropertiesSet'),
        start: recorder('init-method'),
        destroy: recorder('destroy'),
        stop: recorder('destroy-method'),
        hasFactory(this: Standing) {
          return this['$factory'] !== null;
        },
        hasContext(this: Standing) {
          return this['$context'] !== null;
        },
      },
    },
    'fixture.RecordingPostProcessor': {
      methods: {
        postProcessBeforeInitialization(this: Standing, bean: never, name: never) {
          log(`${labelOf(bean, name)}:${String(this['tag'])}.before`);
          return bean;
        },
        postProcessAfterInitialization(this: Standing, bean: never, name: never) {
          log(`${labelOf(bean, name)}:${String(this['tag'])}.after`);
          return bean;
        },
      },
    },
    'fixture.Listener': {
      methods: {
        onApplicationEvent(this: Standing, event: object) {
          log(`${String(this['label'])}:${event.constructor.name}`);
        },
      },
    },
    'fixture.Closer': {
      methods: {
        close(this: Standing) {
          log(`${String(this['label'])}:close`);
        },
        shutdown(this: Standing) {
          log(`${String(this['label'])}:shutdown`);
        },
      },
    },
    'fixture.RenamingFactoryPostProcessor': {
      methods: {
        postProcessBeanFactory(
          this: Standing,
          factory: {
            getBeanDefinition(
              name: string,
            ): { setProperty(name: string, value: string): void } | undefined;
          },
        ) {
          log('bfpp');
          const definition = factory.getBeanDefinition(String(this['target']));
          definition?.setProperty(String(this['property']), String(this['value']));
        },
      },
    },
    'fixture.WrappingPostProcessor': {
      methods: {
        postProcessBeforeInitialization: (bean: never) => bean,
        postProcessAfterInitialization(this: Standing, bean: never, name: string) {
          return name.startsWith('wrap') ? create('fixture.Wrapper', bean) : bean;
        },
      },
    },
    'fixture.Wrapper': {
      constructed(self, args) {
        self['$target'] = args[0];
      },
    },

    [`${RED5}Context`]: {
      init(self) {
        self['contextPath'] = '';
      },
      methods: {
        setContextPath(this: Standing, path: string) {
          this['contextPath'] = path.endsWith('/') ? path : `${path}/`;
        },
        setApplicationContext(this: Standing, context: never) {
          this['applicationContext'] = context;
        },
        setCoreBeanFactory(this: Standing, factory: never) {
          this['coreBeanFactory'] = factory;
        },
        hasCore(this: Standing) {
          return this['coreBeanFactory'] !== null;
        },
        hasContext(this: Standing) {
          return this['applicationContext'] !== null;
        },
      },
    },
    'org.red5.demos.chat.Application': {
      methods: {
        hasContext(this: Standing) {
          return this['applicationContext'] !== null;
        },
      },
    },
    'org.red5.demos.chat.WebSocketChatDataListener': {
      methods: {
        setRouter(this: Standing, router: Standing) {
          this['router'] = router;
          router['wsListener'] = this;
        },
      },
    },
    'org.red5.net.websocket.WebSocketScope': {
      constructed(self, args) {
        self['$scope'] = args[0] ?? null;
        self['path'] = 'default';
      },
      methods: {
        afterPropertiesSet: () => log('ws:register'),
        destroy: () => log('ws:unregister'),
      },
    },
    [`${RED5}Server`]: {
      init(self) {
        self['$mappings'] = [];
      },
      methods: {
        setApplicationContext(this: Standing, context: never) {
          this['$ctx'] = context;
        },
        hasContext(this: Standing) {
          return this['$ctx'] !== null;
        },
        afterPropertiesSet: () => log('server:start'),
        destroy: () => log('server:stop'),
      },
    },
    [`${RED5}scope.Scope`]: {
      init(self) {
        self['$calls'] = [];
      },
      methods: {
        init(this: Standing) {
          (this['$calls'] as string[]).push('init');
        },
      },
    },
    [`${RED5}scope.GlobalScope`]: {
      methods: {
        register(this: Standing) {
          this['$registered'] = true;
          log('global.scope:register');
        },
      },
    },
    [`${RED5}scope.WebScope`]: {
      methods: {
        setName() {
          throw new Error('the name comes from the context path');
        },
        setParent() {
          throw new Error('never called without a parent');
        },
        setContextPath(this: Standing, path: string) {
          this['contextPath'] = path;
          this['name'] = path.replace(/^\//, '');
        },
        setVirtualHosts(this: Standing, hosts: string) {
          this['virtualHosts'] = hosts;
          this['$hostnames'] = hosts
            .split(',')
            .map((host) => (host.trim() === '*' ? '' : host.trim()));
        },
        register(this: Standing) {
          if (this['$registrations'] === 0) log('web.scope:register');
          this['$registrations'] = Number(this['$registrations']) + 1;
        },
        afterPropertiesSet(this: Standing) {
          callIfThere(this, 'register');
        },
        destroy: () => log('web.scope:unregister'),
      },
    },
    [`${RED5}scheduling.JDKSchedulingService`]: {},

    [`${FACTORY_TESTS}Alpha`]: { methods: { afterPropertiesSet: needs('beta') } },
    [`${FACTORY_TESTS}Beta`]: { methods: { afterPropertiesSet: needs('gamma') } },
    [`${FACTORY_TESTS}BetaFactoryBean`]: {
      methods: {
        getObject(this: Standing) {
          return this['beta'];
        },
        getObjectType: () => undefined,
        isSingleton: () => true,
      },
    },
    [`${FACTORY_TESTS}PassThroughFactoryBean`]: {
      methods: {
        setBeanFactory(this: Standing, factory: never) {
          this['beanFactory'] = factory;
        },
        getObject(this: Standing) {
          this['$instance'] ??= (this['beanFactory'] as BeanSource).getBean(
            String(this['instanceName']),
          );
          return this['$instance'];
        },
        getObjectType(this: Standing) {
          return this['$type'] ?? undefined;
        },
        isSingleton: () => true,
      },
    },
    'org.springframework.beans.factory.FooFactoryBean': {
      methods: {
        getObject: () => create('org.springframework.beans.factory.Foo'),
        getObjectType: () => classes.get('org.springframework.beans.factory.Foo'),
        isSingleton: () => true,
      },
    },
    [`${XML}CountingFactory`]: {
      constructed: () => {
        const type = classes.get(`${XML}CountingFactory`);
        type['factoryBeanInstanceCount'] = Number(type['factoryBeanInstanceCount']) + 1;
      },
      methods: {
        setTestBean(this: Standing, bean: Standing) {
          if (bean['spouse'] === null) throw new Error('the bean has no spouse');
          this['testBean'] = bean;
        },
        getObject: () => 'myString',
        getObjectType: () => 'java.lang.String',
        isSingleton: () => true,
      },
    },
    [`${XML}DefaultLifecycleMethodsTests$LifecycleAwareBean`]: {
      methods: flags({
        init: 'initCalled',
        destroy: 'destroyCalled',
        customInit: 'customInitCalled',
        customDestroy: 'customDestroyCalled',
      }),
    },
    [`${XML}InitDestroyBean`]: {
      methods: flags(
        Object.fromEntries(
          [1, 2, 3].flatMap((n) => [
            [`initMethod${n}`, `initMethod${n}Called`],
            [`destroyMethod${n}`, `destroyMethod${n}Called`],
          ]),
        ),
      ),
    },
    [`${XML}DerivedConstructorDependenciesBean`]: {
      methods: flags({ init: 'initialized', destroy: 'destroyed' }),
    },
    [`${XML}InstanceFactory`]: {
      constructed: () => {
        const type = classes.get(`${XML}InstanceFactory`);
        type['count'] = Number(type['count']) + 1;
      },
      methods: {
        newInstance(this: Standing, tb: never, num: number, name: never) {
          return num === undefined
            ? factoryMethods(tb, 'default', 0)
            : factoryMethods(tb, name, num);
        },
        defaultInstance(this: Standing) {
          const tb = testBean();
          tb['name'] = this['factoryBeanProperty'];
          return factoryMethods(tb, 'default', 0);
        },
      },
    },
    [`${XML}MailSession`]: {
      methods: {
        setProperties(this: Standing, props: never) {
          this['$props'] = props;
        },
        getProperty(this: Standing, key: never) {
          return (this['$props'] as ReadonlyMap<string, string>).get(key);
        },
      },
      statics: {
        getDefaultInstance: (props: never) => {
          const session = create(`${XML}MailSession`);
          session['$props'] = props;
          return session;
        },
      },
    },
    [`${XML}TestBeanCreator`]: {
      statics: {
        createTestBean: (name?: string, age?: number) => {
          const bean = testBean();
          bean['name'] = name ?? 'Tristan';
          bean['age'] = age ?? 2;
          return bean;
        },
      },
    },
    [`${XML}XmlBeanCollectionTests$MapAndSet`]: {
      constructed(self, args) {
        self['$object'] = args[0];
        self['$obj'] = args[0];
      },
    },
    [`${TESTS}BadInitializer`]: {
      methods: {
        init2() {
          throw new Error('bad initializer');
        },
      },
    },
    [`${TESTS}DoubleInitializer`]: {
      methods: {
        init(this: Standing) {
          this['num'] = Number(this['num']) * 2;
        },
      },
    },
    [`${TESTS}DoubleBooleanConstructorBean`]: {
      constructed(self, args) {
        if (typeof args[0] === 'string')
          throw new Error('the constructor with texts must not be chosen');
        self['$boolean1'] = args[0];
        self['$boolean2'] = args[1];
      },
      statics: {
        create: (a: never, b: never) => {
          if (typeof a === 'string') throw new Error('the method with texts must not be chosen');
          return create(`${TESTS}DoubleBooleanConstructorBean`, a, b);
        },
      },
    },
    [`${TESTS}LenientDependencyTestBean`]: {
      constructed(self, args) {
        if (Array.isArray(args[0])) throw new Error('the constructor with maps must not be chosen');
        self['$tb'] = args[0];
      },
      statics: { create: (tb: never) => create(`${TESTS}LenientDependencyTestBean`, tb) },
    },
    [`${TESTS}PreparingBean1`]: preparing(`${TESTS}PreparingBean1`),
    [`${TESTS}PreparingBean2`]: preparing(`${TESTS}PreparingBean2`),
    [`${TESTS}DependingBean`]: {
      methods: {
        afterPropertiesSet() {
          for (const one of ['PreparingBean1', 'PreparingBean2']) {
            if (classes.get(`${TESTS}${one}`)['prepared'] !== true)
              throw new Error(`${one} is not there yet`);
          }
        },
        destroy(this: Standing) {
          for (const one of ['PreparingBean1', 'PreparingBean2']) {
            if (classes.get(`${TESTS}${one}`)['destroyed'] === true)
              throw new Error(`${one} is gone already`);
          }
          this['$destroyed'] = true;
          const type = classes.get(`${TESTS}DependingBean`);
          type['destroyCount'] = Number(type['destroyCount']) + 1;
        },
      },
    },
    [`${TESTS}HoldingBean`]: {
      methods: {
        destroy(this: Standing) {
          const held = this['dependingBean'] as Standing | null;
          if (held?.['$destroyed'] === true) throw new Error('what is held is gone already');
          this['$destroyed'] = true;
          const type = classes.get(`${TESTS}HoldingBean`);
          type['destroyCount'] = Number(type['destroyCount']) + 1;
        },
      },
    },
    [`${TESTS}InitAndIB`]: {
      constructed: () => {
        classes.get(`${TESTS}InitAndIB`)['constructed'] = true;
      },
      methods: {
        afterPropertiesSet(this: Standing) {
          if (this['$initMethodInvoked'] === true) throw new Error('the init-method came first');
          if (this['$afterPropertiesSetInvoked'] === true) throw new Error('called twice');
          this['$afterPropertiesSetInvoked'] = true;
        },
        customInit(this: Standing) {
          if (this['$afterPropertiesSetInvoked'] !== true)
            throw new Error('the init-method came first');
          if (this['$initMethodInvoked'] === true) throw new Error('called twice');
          this['$initMethodInvoked'] = true;
        },
        destroy(this: Standing) {
          if (this['$customDestroyed'] === true) throw new Error('the destroy-method came first');
          if (this['$destroyed'] === true) throw new Error('called twice');
          this['$destroyed'] = true;
        },
        customDestroy(this: Standing) {
          if (this['$destroyed'] !== true) throw new Error('the destroy-method came first');
          if (this['$customDestroyed'] === true) throw new Error('called twice');
          this['$customDestroyed'] = true;
        },
      },
    },
    [`${XML}ProtectedLifecycleBean`]: orderedLife,
    [`${XML}ProtectedLifecycleBean$PostProcessor`]: lifeProcessor,
    [`${BEANS}LifecycleBean`]: orderedLife,
    [`${BEANS}LifecycleBean$PostProcessor`]: lifeProcessor,
    [`${BEANS}MustBeInitialized`]: {
      methods: {
        afterPropertiesSet(this: Standing) {
          this['$inited'] = true;
        },
        businessMethod(this: Standing) {
          if (this['$inited'] !== true) throw new Error('not initialised');
        },
      },
    },
    [`${BEANS}NestedTestBean`]: {
      init(self) {
        self['company'] = '';
      },
      methods: {
        setCompany(this: Standing, company: never) {
          this['company'] = company ?? '';
        },
      },
    },
    [`${BEANS}TestBean`]: {
      init(self) {
        self['doctor'] = create(`${BEANS}NestedTestBean`);
        self['lawyer'] = create(`${BEANS}NestedTestBean`);
        self['friends'] = [];
        self['someList'] = [];
        self['someSet'] = new Set();
        self['someMap'] = new Map();
        self['someProperties'] = new Map();
        self['otherColors'] = [];
        self['pets'] = [];
      },
      constructed(self) {
        Object.defineProperty(self, '$spouses', {
          get: () => [self['spouse']],
          configurable: true,
        });
      },
      methods: {
        setSex(this: Standing, sex: never) {
          this['sex'] = sex;
          this['name'] ??= sex;
        },
        setTouchy(this: Standing, touchy: string) {
          if (touchy.includes('.')) throw new Error("Can't contain a .");
          if (touchy.includes(',')) throw new RangeError('number format: a comma');
          this['touchy'] = touchy;
        },
        setSpouse(this: Standing, spouse: never) {
          this['spouse'] = spouse;
        },
        haveBirthday(this: Standing) {
          this['age'] = Number(this['age']) + 1;
          return this['age'];
        },
        setFavouriteColor(this: Standing, color: never) {
          this['$favoriteColor'] = color;
        },
        destroy(this: Standing) {
          this['$destroyed'] = true;
        },
        toString(this: Standing) {
          return String(this['name']);
        },
      },
    },
    [`${BEANS}DerivedTestBean`]: {
      constructed(self, args) {
        const names = args[0];
        if (Array.isArray(names) && names.length > 0) self['name'] = names[0];
      },
      methods: {
        setBeanName(this: Standing, name: never) {
          if (this['beanName'] === null || this['name'] === null) this['beanName'] ??= name;
        },
        setActualSpouse(this: Standing, spouse: never) {
          this['spouse'] = spouse;
        },
        setSpouseRef(this: Standing, name: never) {
          this['spouse'] = testBean(name);
        },
        initialize(this: Standing) {
          this['$initialized'] = true;
        },
        destroy(this: Standing) {
          this['$destroyed'] = true;
        },
      },
      statics: { create: (names: never) => create(`${BEANS}DerivedTestBean`, names) },
    },
    [`${BEANS}IndexedTestBean`]: {
      constructed(self, args) {
        if (args[0] !== false) populate(self, (name) => testBean(name, 0));
      },
      methods: {
        populate(this: Standing) {
          populate(this, (name) => testBean(name, 0));
        },
      },
    },
    [`${BEANS}FactoryMethods`]: {
      methods: {
        getTestBean(this: Standing) {
          return this['$tb'];
        },
        protectedGetTestBean(this: Standing) {
          return this['$tb'];
        },
        privateGetTestBean(this: Standing) {
          return this['$tb'];
        },
      },
      statics: {
        defaultInstance: () => {
          const tb = testBean();
          tb['name'] = 'defaultInstance';
          return factoryMethods(tb, 'default', 0);
        },
        nullInstance: () => null,
        newInstance: (tb: never, num?: number, third?: unknown) => {
          if (num === undefined) return factoryMethods(tb, 'default', 0);
          if (typeof third === 'number')
            throw new Error('the method with a number must not be chosen');
          if (third === null || third === undefined) return factoryMethods(tb, null, num);
          return factoryMethods(tb, third, num);
        },
        listInstance: () => [],
      },
    },
    [`${BEANS}factory.DummyFactory`]: {
      init(self) {
        self['singleton'] = true;
        self['$testBean'] = testBean('Factory singleton', 25);
      },
      methods: {
        setOtherTestBean(this: Standing, other: never) {
          this['otherTestBean'] = other;
          (this['$testBean'] as Standing)['spouse'] = other;
        },
        afterPropertiesSet(this: Standing) {
          if (this['$initialized'] === true) throw new Error('initialised already');
          this['$initialized'] = true;
        },
        getObject(this: Standing) {
          once(this);
          if (this['singleton'] === true) return this['$testBean'];
          classes.get(`${BEANS}factory.DummyFactory`)['prototypeCreated'] = true;
          const made = testBean(`prototype created at ${Date.now()}`, 11);
          made['spouse'] = this['otherTestBean'];
          return made;
        },
        getObjectType: () => classes.get(`${BEANS}TestBean`),
        isSingleton(this: Standing) {
          return this['singleton'];
        },
        destroy(this: Standing) {
          const bean = this['$testBean'] as Standing | null;
          if (bean !== null) bean['name'] = null;
        },
      },
      statics: {
        reset: () => {
          classes.get(`${BEANS}factory.DummyFactory`)['prototypeCreated'] = false;
        },
        wasPrototypeCreated: () => classes.get(`${BEANS}factory.DummyFactory`)['prototypeCreated'],
      },
    },
    'org.springframework.context.support.LifecycleTestBean': {
      methods: {
        start(this: Standing) {
          const type = classes.get('org.springframework.context.support.LifecycleTestBean');
          type['startCounter'] = Number(type['startCounter']) + 1;
          this['$startOrder'] = type['startCounter'];
          this['$running'] = true;
        },
        stop(this: Standing) {
          const type = classes.get('org.springframework.context.support.LifecycleTestBean');
          type['stopCounter'] = Number(type['stopCounter']) + 1;
          this['$stopOrder'] = type['stopCounter'];
          this['$running'] = false;
        },
      },
    },
  };
}

function callIfThere(target: Standing, method: string): void {
  const found = target[method];
  if (typeof found === 'function') found.call(target);
}

function labelOf(bean: Standing, name: string): string {
  const label = bean['$label'];
  return typeof label === 'string' && label !== '' ? label : name;
}

/** A callback that fails when a property is not set. */
function needs(property: string): Method {
  return function (this: Standing): void {
    if (this[property] === null || this[property] === undefined)
      throw new Error(`"${property}" is missing`);
  };
}

function populate(self: Standing, bean: (name: string) => Standing): void {
  const b = Array.from({ length: 10 }, (_, index) => bean(`name${index}`));
  self['array'] = [b[0], b[1]];
  self['list'] = [b[2], b[3]];
  self['set'] = new Set([b[6], b[7]]);
  self['map'] = new Map<unknown, unknown>([
    ['key1', b[4]],
    ['key2', b[5]],
    ['key.3', b[5]],
    ['key4', [bean('nameX'), bean('nameY')]],
    ['key5[foo]', b[8]],
    ["'", b[9]],
    ['"', b[9]],
  ]);
}
