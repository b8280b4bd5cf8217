import { Red5Error } from '../base/index.ts';

/** What can be wrong with the folder of a server or a webapp; headings of the reference of errors. */
export const bootErrors = {
  SERVER_CONFIG_MISSING: 'The server folder has no bean file in conf/',
  BEAN_FILE_AMBIGUOUS: 'Two bean files of one folder differ only in format or place',
  WEBAPP_UNREADABLE: 'The folder of a webapp cannot be read',
  NO_WEBAPP: 'A folder that was to be deployed has no bean files',
  GIVEN_UP: 'A webapp was still starting when the server was told to stop',
  STOP_FAILED: 'Something failed while the server stopped; everything else was stopped',
} as const;

/** A code of {@link bootErrors}. */
export type BootErrorCode = keyof typeof bootErrors;

/** An error of this area. */
export function bootError(code: BootErrorCode, message: string): Red5Error {
  return new Red5Error(code, message);
}
