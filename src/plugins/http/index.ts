/**
 * HTTP for applications' static files, and the door through which other protocols take upgraded connections.
 *
 * {@link HTTPPlugin} is the bean. Knows the applications and their folders, and nothing of the protocols behind an upgrade.
 *
 * @packageDocumentation
 */
export { HTTPPlugin } from './HTTPPlugin.ts';
