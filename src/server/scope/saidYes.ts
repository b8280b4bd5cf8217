import { isPromise, type MaybePromise } from '../MaybePromise.ts';

/**
 * Asks a callback that decides; only `true` is yes.
 *
 * @param failed - told of what it threw, which means no
 * @param unclear - told of a result that is neither true nor false, which means no as well
 */
export function saidYes(
  ask: () => MaybePromise<boolean>,
  failed: (error: unknown) => void,
  unclear: (result: unknown) => void,
): MaybePromise<boolean> {
  const judge = (result: boolean): boolean => {
    if (result !== true && result !== false) unclear(result);
    return result === true;
  };
  const refuse = (error: unknown): false => {
    failed(error);
    return false;
  };
  try {
    const result = ask();
    return isPromise(result) ? result.then(judge, refuse) : judge(result);
  } catch (error) {
    return refuse(error);
  }
}
