import axe from 'axe-core';
import type { Page } from 'playwright-core';

/**
 * Runs every WCAG 2.2 A and AA rule and the best practices of axe on the page as it is shown now.
 *
 * @returns one line for each broken rule and element; empty when all is well
 * @throws Error when axe found nothing to look at
 */
export async function auditAccessibility(page: Page): Promise<string[]> {
  // Through the debugger, because the page's own policy allows no text to be run as code.
  const session = await page.context().newCDPSession(page);
  const run = async (expression: string): Promise<unknown> => {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description);
    return result.value;
  };
  await run(`${axe.source}; true`);
  const { violations, passes } = (await run('axe.run(document)')) as axe.AxeResults;
  await session.detach();
  if (passes.length === 0) throw new Error('axe found nothing to look at');
  return violations.flatMap(({ id, impact, help, nodes }) =>
    nodes.map(({ html, failureSummary = '' }) =>
      [`${id} (${impact}): ${help}`, html, failureSummary].join('\n'),
    ),
  );
}
