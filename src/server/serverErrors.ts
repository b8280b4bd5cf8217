/** Codes of the errors that the server core throws. */
export const SERVER_ERRORS = {
  NAME_NOT_ALLOWED: 'A scope, shared object or attribute name breaks the name grammar',
  LIMIT_REACHED: 'A limit such as the number of rooms, keys or bytes would be exceeded',
  VALUE_NOT_STORABLE:
    'A value cannot be stored or sent: a function, a symbol, a cycle, or nested too deep',
  CONTEXT_PATH_TAKEN: 'Two applications have the same context path or virtual host and path',
  SCOPE_NOT_CONFIGURED: 'A scope bean lacks its server, parent or context path',
  APPLICATION_REFUSED_START: 'The appStart callback returned false or threw',
  START_TIMED_OUT: 'The code, a bean or the appStart callback of a webapp has not ended in time',
  STOP_TIMED_OUT: 'The clients or the appStop callback of an application have not ended in time',
  BAD_DEPLOYMENT_POLICY: 'A deployment policy has a value that is none',
  NO_CURRENT_SERVER: 'A static form was used outside code that a server called',
  NOT_ACQUIRED: 'A shared object was released more often than it was acquired',
  UPDATE_NOT_OPEN: 'The endUpdate method was called without beginUpdate',
  SHARED_OBJECT_CLOSED: 'A shared object was used after it was closed',
  ATTRIBUTE_TYPE: 'An attribute is not of the type that was asked for',
  CLIENT_REJECTED: 'The application refuses a client',
  CALL_FAILED: 'A method call on a client was answered with an error',
  CALL_TIMED_OUT: 'A method call on a client was not answered in time',
  CALL_LIMIT: 'Too many method calls on a client wait for their answers',
  NOT_CONNECTED: 'The connection was closed, so a call on the client has no answer',
  PORT_IN_USE: 'Another process listens on the port',
  PORT_NOT_OPENED: 'The port cannot be opened',
  BAD_PROXY_ADDRESS: 'An entry of trustedProxies is neither an address nor a network',
  TLS_CERTIFICATE: 'The certificate or key of TLS cannot be read, or they do not fit each other',
  JOB_UNKNOWN: 'No scheduled job has this name',
  CRON_PATTERN: 'A cron pattern cannot be read or never fires',
  STORE_FAILED: 'The embedded store could not be opened, read or written',
  RED5_FILE: 'A file is not a shared object as Red5 stores it',
  ALREADY_RECORDING: 'A stream or file is being recorded already',
  RECORDING_FAILED:
    'A recording cannot begin: no folder, no space, or a file that cannot be written',
  PLUGIN_UNNAMED: 'A plugin has no name',
} as const;

/** A code of {@link SERVER_ERRORS}. */
export type ServerErrorCode = keyof typeof SERVER_ERRORS;
