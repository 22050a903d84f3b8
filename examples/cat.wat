;; A WASI program: prints the files it is given, from the first folder it has. Run it with `npx anywasm run --dir . examples/cat.wat README.md`.
(module $cat
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 2)

  (func $length (param $at i32) (result i32) (local $end i32)
    (local.set $end (local.get $at))
    (loop $next
      (if (i32.load8_u (local.get $end))
        (then (local.set $end (i32.add (local.get $end) (i32.const 1))) (br $next))))
    (i32.sub (local.get $end) (local.get $at)))

  ;; The exit code is the error code, 44 where there is no such file.
  (func $check (param $errno i32)
    (if (local.get $errno) (then (call $proc_exit (local.get $errno)))))

  (func $open (param $path i32) (result i32)
    (call $check (call $path_open (i32.const 3) (i32.const 1) (local.get $path) (call $length (local.get $path))
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))
    (i32.load (i32.const 8)))

  ;; The one buffer is described at address 16.
  (func $print (param $file i32)
    (i32.store (i32.const 16) (i32.const 65536))
    (loop $next
      (i32.store (i32.const 20) (i32.const 65536))
      (call $check (call $fd_read (local.get $file) (i32.const 16) (i32.const 1) (i32.const 20)))
      (if (i32.load (i32.const 20))
        (then
          (call $check (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))
          (br $next)))))

  ;; The number of arguments comes to address 0, where they are to 256; the first is the program's name.
  (func (export "_start") (local $arg i32)
    (call $check (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (call $check (call $args_get (i32.const 256) (i32.const 4096)))
    (loop $next
      (local.set $arg (i32.add (local.get $arg) (i32.const 1)))
      (if (i32.lt_u (local.get $arg) (i32.load (i32.const 0)))
        (then
          (call $print (call $open (i32.load (i32.add (i32.const 256) (i32.mul (local.get $arg) (i32.const 4))))))
          (br $next)))))
)
