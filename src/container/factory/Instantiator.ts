import { ConfigError } from '../../base/index.ts';
import type { ClassInfo, Parameter } from '../classes/ClassInfo.ts';
import { parseType } from '../classes/TypeRef.ts';
import type { ArgumentDefinition, BeanDefinition } from '../definition/BeanDefinition.ts';
import type { AutowirePlan } from './AutowirePlanner.ts';
import type { BeanFactory } from './BeanFactory.ts';
import type { BeanRecord } from './BeanRecord.ts';
import type { Chain } from './Chain.ts';
import { ArgumentsError, chooseArguments, type GivenArgument } from './chooseArguments.ts';
import { failCreation } from './failures.ts';
import { isPromise, type Making } from './Making.ts';
import { resolveValue } from './resolveValue.ts';
import { usesConstructor } from './usesConstructor.ts';

/** A parameter's bean that was found, but is not made yet. */
class Planned {
  readonly plan: AutowirePlan;

  constructor(plan: AutowirePlan) {
    this.plan = plan;
  }
}

/** Makes the instances of beans: by their constructor or by a factory method, with arguments that are given or autowired. */
export class Instantiator {
  readonly #factory: BeanFactory;

  constructor(factory: BeanFactory) {
    this.#factory = factory;
  }

  /**
   * Makes an instance; nothing is set yet.
   *
   * @param explicit - constructor arguments that replace those of the definition
   */
  *instantiate(record: BeanRecord, chain: Chain, explicit?: readonly unknown[]): Making<unknown> {
    const { definition } = record;
    if (definition.factoryBean !== undefined || definition.factoryMethod !== undefined) {
      return yield* this.#callFactoryMethod(record, chain, explicit);
    }
    const info = this.#factory.classOf(definition);
    if (record.probe !== undefined) {
      const { probe } = record;
      record.probe = undefined;
      return probe;
    }
    const values = takesNothing(definition, info, explicit)
      ? []
      : yield* this.#argumentsFor(record, chain, info, explicit);
    if (info.make !== undefined) return info.make(...values);
    return Reflect.construct(info.class, values);
  }

  *#argumentsFor(
    record: BeanRecord,
    chain: Chain,
    info: ClassInfo,
    explicit?: readonly unknown[],
  ): Making<unknown[]> {
    const { definition } = record;
    const autowired = usesConstructor(definition, info);
    const given =
      explicit?.map((value) => ({ value })) ??
      (yield* this.#resolveArguments(definition.args, record, chain));
    const values = this.#choose(definition, chain, {
      what: `class "${info.name}"`,
      signatures: info.constructors,
      minimum: info.class.length,
      given,
      conversion: this.#factory.conversion,
      autowire: autowired ? this.#autowireParameter(record, chain) : undefined,
    });
    return yield* this.#makePlanned(values, record, chain);
  }

  #choose(
    definition: BeanDefinition,
    chain: Chain,
    request: Parameters<typeof chooseArguments>[0],
  ): unknown[] {
    try {
      return chooseArguments(request);
    } catch (error) {
      if (!(error instanceof ArgumentsError)) throw error;
      const location =
        definition.args[0]?.location ?? definition.class?.location ?? definition.location;
      return failCreation('ARGUMENTS_MISMATCH', error.message, chain, location);
    }
  }

  *#resolveArguments(
    args: readonly ArgumentDefinition[],
    record: BeanRecord,
    chain: Chain,
  ): Making<GivenArgument[]> {
    const frame = chain.frames.at(-1);
    const given: GivenArgument[] = [];
    for (const [position, argument] of args.entries()) {
      const which = argument.name ?? String(argument.index ?? position);
      if (frame !== undefined)
        frame.step = { doing: `giving constructor argument ${which}`, path: `(${which})` };
      const value = yield* resolveValue(argument.value, record, chain, this.#factory);
      given.push({ index: argument.index, name: argument.name, type: argument.type?.text, value });
    }
    if (frame !== undefined) frame.step = undefined;
    return given;
  }

  /** Finds beans for parameters that nothing is given for; they are made once a signature is chosen. */
  #autowireParameter(
    record: BeanRecord,
    chain: Chain,
  ): (parameter: Parameter) => Planned | undefined {
    return ({ type, name }) => {
      try {
        const plan = this.#factory.autowiring.plan(type, record, chain, {
          kind: 'parameter',
          name,
        });
        return plan && new Planned(plan);
      } catch (error) {
        if (error instanceof ConfigError) throw new ArgumentsError(error.message, { cause: error });
        throw error;
      }
    };
  }

  /** Makes what autowiring found for the chosen signature. */
  *#makePlanned(values: readonly unknown[], record: BeanRecord, chain: Chain): Making<unknown[]> {
    const made: unknown[] = [];
    for (const value of values) {
      made.push(
        value instanceof Planned
          ? yield* this.#factory.autowiring.make(value.plan, record, chain)
          : value,
      );
    }
    return made;
  }

  *#callFactoryMethod(
    record: BeanRecord,
    chain: Chain,
    explicit?: readonly unknown[],
  ): Making<unknown> {
    const { definition } = record;
    const method = definition.factoryMethod;
    if (method === undefined) {
      return failCreation(
        'ATTRIBUTE_MISSING',
        'factory-bean needs a factory-method',
        chain,
        definition.factoryBean?.location,
      );
    }
    const given =
      explicit?.map((value) => ({ value })) ??
      (yield* this.#resolveArguments(definition.args, record, chain));
    const target = yield* this.#factoryTarget(record, chain);
    const { info, call } = target;
    const found =
      target.instance === undefined ? info.staticMethod(method.text) : info.method(method.text);
    if (found === undefined) {
      const kind = target.instance === undefined ? 'static method' : 'method';
      return failCreation(
        'METHOD_NOT_FOUND',
        `class "${info.name}" has no ${kind} "${method.text}"`,
        chain,
        method.location,
      );
    }
    const declared = info.signatures(method.text);
    const chosen = this.#choose(definition, chain, {
      what: `method "${method.text}" of class "${info.name}"`,
      signatures:
        declared.length === 0
          ? undefined
          : declared.map((one) =>
              one.parameters.map(([name, word]) => ({ name, type: parseType(word) })),
            ),
      minimum: found.length,
      given,
      conversion: this.#factory.conversion,
      autowire:
        definition.autowire === 'constructor' ? this.#autowireParameter(record, chain) : undefined,
    });
    const values = yield* this.#makePlanned(chosen, record, chain);
    const frame = chain.frames.at(-1);
    if (frame !== undefined)
      frame.step = { doing: `calling factory method "${method.text}"`, path: `.${method.text}()` };
    const product = found.apply(call, values);
    const result = isPromise(product) ? yield product : product;
    if (frame !== undefined) frame.step = undefined;
    return result;
  }

  *#factoryTarget(
    record: BeanRecord,
    chain: Chain,
  ): Making<{ readonly info: ClassInfo; readonly call: unknown; readonly instance: unknown }> {
    const { factoryBean } = record.definition;
    if (factoryBean === undefined) {
      const info = this.#factory.classOf(record.definition);
      return { info, call: info.class, instance: undefined };
    }
    const instance = yield* this.#factory.request(
      factoryBean.text,
      chain,
      factoryBean.location,
      record,
    );
    const info = this.#factory.classes.describeValue(instance);
    if (info === undefined) {
      return failCreation(
        'METHOD_NOT_FOUND',
        `bean "${factoryBean.text}" has no methods`,
        chain,
        factoryBean.location,
      );
    }
    return { info, call: instance, instance };
  }
}

/** True when nothing is given to a constructor that needs nothing. */
function takesNothing(
  definition: BeanDefinition,
  info: ClassInfo,
  explicit?: readonly unknown[],
): boolean {
  if (definition.args.length > 0 || explicit !== undefined) return false;
  if (usesConstructor(definition, info)) return false;
  return info.constructors === undefined
    ? info.class.length === 0
    : info.constructors.some((one) => one.length === 0);
}
