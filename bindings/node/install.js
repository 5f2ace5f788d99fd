'use strict'

// Runs when the package is installed: with a prebuilt addon for this machine there is nothing to do; in a clone of the
// project it is built from there.
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const project = path.join(__dirname, '..', '..')
const build = path.join(project, 'build-node')
const platform = `${process.platform}-${process.arch}`

function run(...command) {
  const done = spawnSync(command[0], command.slice(1), { stdio: 'inherit' })
  if (done.error) fail(`${command[0]} cannot be run (${done.error.message}); scripts/setup installs what the build needs.`)
  if (done.status !== 0) fail(`${command.join(' ')} failed.`)
}

function fail(message) {
  console.error(`@ignition/node: ${message}`)
  process.exit(1)
}

if (fs.existsSync(path.join(project, 'libignition', 'CMakeLists.txt'))) {
  run('cmake', '-S', project, '-B', build, '-G', 'Ninja', '-DIGNITION_NODE=ON', '-DIGNITION_TESTS=OFF', '-DIGNITION_PROGRAMS=OFF')
  run('cmake', '--build', build, '--target', 'ignition_node_package')
  run('cmake', '--install', build, '--component', 'node', '--prefix', __dirname)
} else if (!fs.existsSync(path.join(__dirname, 'prebuilt', platform, 'ignition.node'))) {
  fail(`this package has no addon for ${platform}; install it from a clone of the project.`)
}
