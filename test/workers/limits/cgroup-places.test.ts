import { expect, test } from "vitest";
import { placesIn } from "../../../workers/limits/cgroup-places.ts";

test("a machine with systemd and version 2 alone", () => {
  const mounts =
    "31 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n";
  expect(placesIn("0::/system.slice/orch.service/host\n", mounts)).toEqual({
    unified: {
      mount: "/sys/fs/cgroup",
      path: "/system.slice/orch.service/host",
      folder: "/sys/fs/cgroup/system.slice/orch.service/host",
    },
    v1: {},
  });
});

test("a machine with both, of which version 1 has the controllers", () => {
  const mounts = [
    "30 25 0:27 / /sys/fs/cgroup/cpu rw,relatime - cgroup none rw,cpu",
    "33 25 0:30 / /sys/fs/cgroup/memory rw,relatime - cgroup none rw,memory",
    "36 25 0:33 / /sys/fs/cgroup/pids rw,relatime - cgroup none rw,pids",
    "38 25 0:35 / /sys/fs/cgroup/unified rw,relatime - cgroup2 none rw",
  ].join("\n");
  const own = "8:pids:/\n4:memory:/process_api/67a6\n1:cpu:/\n0::/\n";
  expect(placesIn(own, mounts)).toEqual({
    unified: { mount: "/sys/fs/cgroup/unified", path: "/", folder: "/sys/fs/cgroup/unified" },
    v1: {
      cpu: "/sys/fs/cgroup/cpu",
      memory: "/sys/fs/cgroup/memory/process_api/67a6",
      pids: "/sys/fs/cgroup/pids",
    },
  });
});

test("two controllers in one hierarchy, at a place with a blank in its name", () => {
  const mounts =
    "30 25 0:27 / /sys/fs/cgroup/cpu\\040and\\040more rw - cgroup cgroup rw,cpu,cpuacct\n31 25 0:28 / /x rw - cgroup cgroup rw,freezer\n";
  const folder = "/sys/fs/cgroup/cpu and more/user.slice";
  expect(placesIn("2:cpu,cpuacct:/user.slice\n", mounts)).toEqual({ v1: { cpu: folder, cpuacct: folder } });
});

test("a container is shown its own part of a hierarchy, and told its path in the whole", () => {
  const mounts = "30 25 0:27 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
  expect(placesIn("4:memory:/docker/abc\n", mounts).v1).toEqual({ memory: "/sys/fs/cgroup/memory" });
  expect(placesIn("4:memory:/docker/abc/below\n", mounts).v1).toEqual({ memory: "/sys/fs/cgroup/memory/below" });
  expect(placesIn("4:memory:/elsewhere\n", mounts).v1).toEqual({ memory: "/sys/fs/cgroup/memory" });
});

test("a kernel without any", () => {
  expect(placesIn("", "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n")).toEqual({ v1: {} });
});
