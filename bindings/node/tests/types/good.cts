import ignition = require('@ignition/node')

async function list(url: string): Promise<number> {
  const ig: ignition.Ignition = await ignition.open(url)
  const total: number = (await ig.users.list()).total
  await ig.close()
  return total
}
list('sqlite::memory:')
