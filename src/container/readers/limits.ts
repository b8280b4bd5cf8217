/** How much of a bean file the container is willing to read. Files beyond these are refused, located. */
export const limits: Readonly<
  Record<'fileBytes' | 'depth' | 'aliasNodes' | 'importedFiles', number>
> = {
  /** Bytes of one file; 10,000 beans are about 1.4 MB. */
  fileBytes: 16_777_216,
  /** Levels of elements, mappings and lists inside each other. */
  depth: 100,
  /** Nodes that YAML aliases may add in all. */
  aliasNodes: 1_000,
  /** Files that imports may add in all. */
  importedFiles: 200,
};
