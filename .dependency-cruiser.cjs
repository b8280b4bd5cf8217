// Each top-level folder of src/ may import only the folders listed for it, and only through their index.ts.
const layers = {
  base: [],
  container: ['base'],
  io: ['base'],
  server: ['base', 'io'],
  plugins: ['base', 'io', 'server'],
  boot: ['base', 'container', 'server'],
  apps: ['index\\.ts'],
  client: [],
};

module.exports = {
  forbidden: [
    ...Object.entries(layers).map(([folder, allowed]) => ({
      name: `layer: ${folder}`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: '^src/', pathNot: [folder, ...allowed].map((to) => `^src/${to}`) },
    })),
    {
      name: 'a plugin or app is an island',
      severity: 'error',
      from: { path: '^src/(plugins|apps)/([^/]+)/' },
      to: { path: '^src/$1/', pathNot: '^src/$1/$2/' },
    },
    {
      name: 'enter another folder by its index.ts',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { path: '^src/[^/]+/', pathNot: ['^src/$1/', '/index\\.ts$'] },
    },
    {
      name: 'the client runs in browsers',
      severity: 'error',
      from: { path: '^src/client/' },
      to: { pathNot: '^src/client/' },
    },
    {
      name: 'no value-import cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
};
