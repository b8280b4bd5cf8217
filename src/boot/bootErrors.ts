/** What can be wrong with the folder of a server or a webapp; headings of the reference of errors. */
export const bootErrors = {
  SERVER_CONFIG_MISSING: 'The server folder has no bean file in conf/',
  BEAN_FILE_AMBIGUOUS: 'Two bean files of one folder differ only in format or place',
  WEBAPP_UNREADABLE: 'The folder of a webapp cannot be read',
  STOP_FAILED: 'Something failed while the server stopped; everything else was stopped',
} as const;

/** A code of {@link bootErrors}. */
export type BootErrorCode = keyof typeof bootErrors;
