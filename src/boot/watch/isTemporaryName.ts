const temporary = [
  // Editors' backups, locks and probes.
  /~$/,
  /^\.?#/,
  /^\..*\.sw[a-z]$/,
  /\.(swp|swo|swx|bak|orig|tmp|temp|part|crdownload|filepart)$/i,
  /^4913$/,
  /___jb_(tmp|old)___$/,
  // What file managers leave.
  /^(\.DS_Store|Thumbs\.db|desktop\.ini)$/i,
];

/** Whether a file or folder of this name is none of a webapp's: hidden, an editor's temporary file, or half of a download. */
export function isTemporaryName(name: string): boolean {
  return name.startsWith('.') || temporary.some((pattern) => pattern.test(name));
}
