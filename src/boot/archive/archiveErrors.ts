/** What can be wrong with a `.war` or `.zip` that holds a webapp; headings of the reference of errors. */
export const archiveErrors = {
  ARCHIVE_UNREADABLE: 'An archive is not a zip file, is cut off or damaged',
  ARCHIVE_ENTRY_UNSAFE: 'An entry of an archive would lie outside of the webapp, or is not a file',
  ARCHIVE_ENCRYPTED: 'An entry of an archive is encrypted or packed in a way that cannot be read',
  ARCHIVE_TOO_LARGE: 'An archive holds more than the limits allow',
  ARCHIVE_NO_WEBAPP: 'An archive has no bean file',
  ARCHIVE_NAME: 'The file name of an archive gives no name for a webapp',
  ARCHIVE_NAME_TAKEN: 'The webapp of an archive exists already and did not come from one',
} as const;

/** A code of {@link archiveErrors}. */
export type ArchiveErrorCode = keyof typeof archiveErrors;
