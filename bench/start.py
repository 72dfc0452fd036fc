#!/usr/bin/env python3
"""Start-up and idle memory of `tenon serve` on an existing database.

    python3 bench/start.py target/release/tenon [runs [options of serve, such as --connectors FOLDER]]

Prints, for each figure, minimum, median and maximum over the runs: milliseconds from exec to the line that says where the
server listens, milliseconds to the first 200 of /readyz, and resident memory (kB, VmRSS) two seconds later.
"""
import pathlib, statistics, subprocess, sys, tempfile, time, urllib.request


def run(binary, data, options):
    began = time.perf_counter()
    server = subprocess.Popen(
        [binary, "serve", "--listen", "127.0.0.1:0", "--data-dir", data, *options],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )
    try:
        line = next(line for line in server.stdout if "http://" in line)
        listening = (time.perf_counter() - began) * 1000
        base = "http://" + line.split("http://")[1].split()[0].strip("/")
        urllib.request.urlopen(base + "/readyz").read()
        ready = (time.perf_counter() - began) * 1000
        time.sleep(2)
        status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
        memory = int(next(row for row in status.splitlines() if row.startswith("VmRSS")).split()[1])
        return listening, ready, memory
    finally:
        server.terminate()
        server.wait()


def main():
    binary, runs, options = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 7, sys.argv[3:]
    with tempfile.TemporaryDirectory() as data:
        run(binary, data, options)  # makes the database and the key
        figures = list(zip(*(run(binary, data, options) for _ in range(runs))))
    for name, values in zip(("listening ms", "ready ms", "idle RSS kB"), figures):
        print(f"{name:14} min {min(values):9.1f}  median {statistics.median(values):9.1f}  max {max(values):9.1f}")


main()
