import ignition from './index.js'

export const { open, rules, Ignition, User, Caller, IgnitionError, LOCAL_USER, version } = ignition
export default ignition
