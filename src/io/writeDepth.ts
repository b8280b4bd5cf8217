/**
 * How deep values to be written may be nested; deeper ones are taken for a mistake of the program.
 *
 * @internal
 */
export const MAX_WRITE_DEPTH = 256;
