/** True for properties whose values are never shown. */
export function isSecret(name: string): boolean {
  return /passw|secret|token|credential|private.?key|api.?key|keystore|(?:^|[._-])key$/i.test(name);
}

/** A value as it may be shown: hidden when its property's name says that it is secret. */
function showable(name: string, value: string): string {
  return isSecret(name) ? '***' : value;
}
