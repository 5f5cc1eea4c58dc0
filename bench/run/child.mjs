// Runs one subject in a process of its own, and calls its functions for the bench.
const [section, row, settings] = process.argv.slice(2)
process.on('disconnect', () => process.exit())

const { subjects } = await import(`../${section}/subjects.mjs`)
const running = await subjects.find((subject) => subject.row === row).start(JSON.parse(settings))

process.on('message', async ({ name, args }) => {
  try {
    process.send({ value: await running[name](...args) })
  } catch (error) {
    process.send({ error: error.stack })
  }
})
process.send({})
