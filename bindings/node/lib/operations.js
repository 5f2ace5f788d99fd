'use strict'

/** Names as a tree: `a.b` is the leaf `b` below `a`. */
function treeOf(names) {
  const root = { children: new Map() }
  for (const name of names) {
    let node = root
    for (const part of name.split('.')) {
      if (!node.children.has(part)) node.children.set(part, { children: new Map() })
      node = node.children.get(part)
    }
    node.operation = name
  }
  return root
}

/** What `make` makes when it is first asked for, for each object anew. */
function define(prototype, name, make) {
  Object.defineProperty(prototype, name, {
    enumerable: true,
    configurable: true,
    get() {
      const value = make(this)
      if (this !== prototype) Object.defineProperty(this, name, { value, enumerable: true })
      return value
    },
  })
}

const method = (caller, operation) =>
  ({ [operation]: (input, options) => caller.call(operation, input, options) })[operation] // has the operation's name

/** Gives `prototype` a member for everything below `node`; `callerOf` finds the caller of an object that has it. */
function extend(prototype, node, callerOf) {
  for (const [name, child] of node.children) {
    const members = Object.create(child.operation === undefined ? Object.prototype : Function.prototype)
    const callers = new WeakMap()
    extend(members, child, (space) => callers.get(space))
    define(prototype, name, (owner) => {
      const caller = callerOf(owner)
      const space = child.operation === undefined ? Object.create(members) : method(caller, child.operation)
      if (child.operation !== undefined && child.children.size > 0) Object.setPrototypeOf(space, members)
      callers.set(space, caller)
      return space
    })
  }
}

/** Gives callers of the class every operation as a method. */
exports.addOperations = (callerClass, names) => extend(callerClass.prototype, treeOf(names), (caller) => caller)
