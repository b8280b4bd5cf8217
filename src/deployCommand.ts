import { existsSync } from 'node:fs';
import path from 'node:path';
import { Red5Error } from './base/index.ts';
import {
  type AdminQuestion,
  askServer,
  type Deployment,
  type DeploymentReport,
} from './boot/index.ts';
import type { CommandResult } from './checkCommand.ts';

/** What a running server is told to do. */
export type DeployTask =
  | { readonly task: 'deploy'; readonly source: string }
  | { readonly task: 'undeploy' | 'redeploy'; readonly name: string }
  | { readonly task: 'list' };

/** Options of {@link deployCommand}. */
export interface DeployCommandOptions {
  /** The folder of the server that runs. */
  readonly root: string;
  /** Writes JSON for tools. */
  readonly json: boolean;
}

/**
 * `red5 deploy`, `undeploy`, `redeploy` and `list`: tells the server that runs in a folder what to do, and what came of it.
 *
 * Exit code 0 when it was done, 1 when it was not or no server runs, 2 when the arguments cannot be right.
 */
export async function deployCommand(
  task: DeployTask,
  { root, json }: DeployCommandOptions,
): Promise<CommandResult> {
  if (task.task === 'deploy' && !existsSync(task.source)) {
    return { output: `red5: there is no folder or archive "${task.source}"\n`, exitCode: 2 };
  }
  try {
    const { status, body } = await askServer(root, questionOf(task));
    if (status >= 400 && !isReport(body)) return refused(status, body);
    if (json) {
      const exitCode = isReport(body) && !body.ok ? 1 : 0;
      return { output: `${JSON.stringify(body, undefined, 2)}\n`, exitCode };
    }
    if (task.task === 'list') return { output: table(body as Deployment[]), exitCode: 0 };
    return outcome(task, body as DeploymentReport);
  } catch (error) {
    if (!(error instanceof Red5Error)) throw error;
    return { output: `red5: ${error.message}\n`, exitCode: 1 };
  }
}

function questionOf(task: DeployTask): AdminQuestion {
  if (task.task === 'list') return { method: 'GET', path: '/deployments' };
  const body = task.task === 'deploy' ? { path: path.resolve(task.source) } : { name: task.name };
  return { method: 'POST', path: `/${task.task}`, body };
}

function isReport(body: unknown): body is DeploymentReport {
  return typeof body === 'object' && body !== null && 'ok' in body && 'problems' in body;
}

/** 400 says that the arguments were wrong. */
function refused(status: number, body: unknown): CommandResult {
  const error = typeof body === 'object' && body !== null ? Reflect.get(body, 'error') : undefined;
  const output = `red5: ${error ?? `the server answered ${status}`}\n`;
  return { output, exitCode: status === 400 ? 2 : 1 };
}

function outcome(
  task: DeployTask,
  { name, ok, generation, problems }: DeploymentReport,
): CommandResult {
  if (!ok) {
    const still = generation > 0 ? `; version ${generation} still runs` : '';
    const what =
      name === undefined ? 'nothing was deployed' : `webapp "${name}" was not ${task.task}ed`;
    return { output: `${problems.join('\n\n')}\n\nred5: ${what}${still}\n`, exitCode: 1 };
  }
  if (task.task !== 'undeploy') {
    return { output: `webapp "${name}" runs in version ${generation}\n`, exitCode: 0 };
  }
  const output = `webapp "${name}" was undeployed; its files stay, and are deployed again when they change or the server starts\n`;
  return { output, exitCode: 0 };
}

function table(deployments: readonly Deployment[]): string {
  if (deployments.length === 0) return 'no webapp is deployed\n';
  const rows = deployments.map((one) => [
    one.name,
    one.state,
    one.contextPaths.join(' ') || '-',
    String(one.generation),
    String(one.connections),
    one.startedAt === undefined ? '-' : new Date(one.startedAt).toISOString().slice(0, 19),
    one.startedInMs === undefined ? '-' : `${one.startedInMs} ms`,
  ]);
  const head = ['NAME', 'STATE', 'PATH', 'VERSION', 'CLIENTS', 'SINCE (UTC)', 'STARTED IN'];
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const problems = deployments
    .filter((one) => one.problems.length > 0)
    .map((one) => `\n${one.name}: the last attempt to start it failed\n${one.problems.join('\n')}`);
  return `${[...lines, ...problems].join('\n')}\n`;
}
