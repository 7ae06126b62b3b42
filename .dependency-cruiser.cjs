// The rooms of src and the arrows between them: each room may reach itself, the rooms named beside it, and packages.
// There is no list of exceptions: a new room or a new arrow is a line here, with its reason in docs/decisions/.
const base = ['model']
const core = [...base, 'machines', 'scheduling', 'store', 'security']
// actors reach sandboxes through a port; what starts them is the runtime's to hand in
const actors = [...core, 'actors']
const runtime = [...actors, 'isolation', 'runtime']

const mayReach = {
  model: [],
  machines: base,
  scheduling: base,
  store: base,
  security: base,
  actors: core,
  isolation: [...base, 'security'],
  runtime: [...actors, 'isolation'],
  testing: runtime,
  inspector: runtime,
  cli: [...runtime, 'inspector', 'testing'],
}

// built on the library, so they use it through its public face
const onTop = ['testing', 'inspector', 'cli']

const rooms = Object.keys(mayReach)

const roomRules = rooms.map((room) => ({
  name: `${room}-reaches`,
  comment: `src/${room} may import ${['itself', ...mayReach[room]].join(', ')}, and packages.`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: {
    path: '^src/',
    pathNot: [`^src/(${[room, ...mayReach[room]].join('|')})/`, ...(onTop.includes(room) ? ['^src/index\\.ts$'] : [])],
  },
}))

module.exports = {
  forbidden: [
    ...roomRules,
    {
      name: 'every-file-has-a-room',
      comment: 'A file of src lies in one of the rooms; only the public face, index.ts, stands at the door.',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/(index\\.ts$|(${rooms.join('|')})/)` },
      to: {},
    },
    {
      name: 'index-reaches',
      comment: 'What is built on the library has entries of its own.',
      severity: 'error',
      from: { path: '^src/index\\.ts$' },
      to: { path: `^src/(${onTop.join('|')})/` },
    },
    {
      name: 'nobody-imports-cli',
      severity: 'error',
      from: { path: '^(src|examples)/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'src-stands-alone',
      comment: 'The library never reaches for what is built on it.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|examples|bench|docs|visualizer|dist|bin)/' },
    },
    {
      name: 'examples-use-the-public-face',
      comment: 'A newcomer can only copy what the package exports.',
      severity: 'error',
      from: { path: '^examples/' },
      to: { path: '^src/', pathNot: '^src/(index\\.ts$|testing/|inspector/)' },
    },
    {
      name: 'only-dependencies-in-src',
      comment: 'What src imports at run time is installed with it: a dependency, or a part of Node.',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-optional', 'npm-no-pkg', 'npm-unknown', 'npm-bundled', 'undetermined'],
        dependencyTypesNot: ['npm-peer'],
      },
    },
    {
      name: 'only-testing-has-peers',
      comment: 'What the user brings along is for tests; the library itself runs without it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/testing/' },
      to: { dependencyTypes: ['npm-peer'] },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-cycles',
      comment: 'Two files that need each other have one subject, or a third between them.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    // swc: the JavaScript interface that the default parser wants left TypeScript with version 7
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
}
