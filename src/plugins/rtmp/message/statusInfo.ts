/** What `_result`, `_error` and `onStatus` carry; plain data, made anew for each answer. */
export interface StatusInfo {
  readonly level: 'status' | 'warning' | 'error';
  readonly code: string;
  readonly description: string;
  readonly [extra: string]: unknown;
}

/** Makes the information of something that went well. */
export function statusInfo(
  code: string,
  description: string,
  extra: Readonly<Record<string, unknown>> = {},
): StatusInfo {
  return { level: 'status', code, description, ...extra };
}

/** Makes the information of something that did not. */
export function errorInfo(
  code: string,
  description: string,
  extra: Readonly<Record<string, unknown>> = {},
): StatusInfo {
  return { level: 'error', code, description, ...extra };
}
