// A benchmark kernel, at two sizes.
const { exports } = output.instantiateSync()
print([exports.run(2), exports.run(3)].join())
