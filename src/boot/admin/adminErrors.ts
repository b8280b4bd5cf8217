/** What can go wrong between `red5 deploy` and the server; headings of the reference of errors. */
export const adminErrors = {
  ADMIN_LISTEN_INVALID:
    'The setting where the admin endpoint listens cannot be understood, or is open to other machines',
  ADMIN_NO_SERVER: 'No server answers at the admin endpoint of the folder',
  ADMIN_REFUSED: 'The admin endpoint refused a request',
} as const;

/** A code of {@link adminErrors}. */
export type AdminErrorCode = keyof typeof adminErrors;
