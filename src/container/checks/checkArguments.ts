import { describeSignature } from '../factory/chooseArguments.ts';
import { type CheckedBean, report } from './Check.ts';

/** Constructor arguments can fit: not too many, not too few, and names that exist. */
export function checkArguments(bean: CheckedBean): void {
  const { info, definition } = bean;
  if (info === undefined || definition.factoryMethod !== undefined || definition.abstract) return;
  const autowired = definition.autowire === 'constructor' || definition.autowire === 'autodetect';
  if (autowired) return;
  const { args } = definition;
  const count = args.reduce((most, { index }) => Math.max(most, (index ?? -1) + 1), args.length);
  const location = args[0]?.location ?? definition.class?.location;
  if (info.constructors === undefined) {
    const named = args.find(
      (argument) => argument.name !== undefined || argument.type !== undefined,
    );
    if (named !== undefined) {
      const message = `class "${info.name}" declares no parameters, so an argument cannot be given by name or type`;
      report(bean, 'ARGUMENTS_MISMATCH', message, named.location);
    } else if (count < info.class.length) {
      const message = `the constructor of "${info.name}" takes ${info.class.length} arguments or more, but ${count} given`;
      report(bean, 'ARGUMENTS_MISMATCH', message, location);
    }
    return;
  }
  const fits = info.constructors.some((parameters) => {
    const names = args.flatMap(({ name }) => (name === undefined ? [] : [name]));
    return (
      parameters.length === args.length &&
      count <= parameters.length &&
      names.every((name) => parameters.some((one) => one.name === name))
    );
  });
  if (fits) return;
  const known = info.constructors.map(describeSignature).join(' or ');
  const message = `class "${info.name}" is made with ${known}, but ${args.length === 1 ? '1 argument is' : `${args.length} arguments are`} given`;
  report(bean, 'ARGUMENTS_MISMATCH', message, location);
}
