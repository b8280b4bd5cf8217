/** True for properties whose values are never shown. */
export function isSecret(name: string): boolean {
  return /passw|secret|token|credential|private.?key|api.?key|keystore|(?:^|[._-])key$/i.test(name);
}
