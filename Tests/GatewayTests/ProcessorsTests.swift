import Testing

@testable import Gateway

@Suite struct ProcessorsTests {
    private func loops(_ files: [String: String]) -> Int {
        Processors.loops(on: 64, ControlGroups { files[$0] })
    }

    /// What a group says, and the loops that its time is enough for.
    @Test(
        arguments: [
            ("max 100000", 64), ("50000 100000", 1), ("100000 100000", 1), ("150000 100000", 2),
            ("9000000 100000", 64), ("nonsense", 64), ("1 0", 64), ("", 64),
        ])
    func aQuotaOfTimeLimitsTheLoops(_ line: String, _ count: Int) {
        let files = ["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": line + "\n"]
        #expect(loops(files) == count)
    }

    @Test func theLeastOfAGroupAndThoseAboveCounts() {
        let files = [
            "/proc/self/cgroup": "0::/a.slice/b.service\n",
            "/sys/fs/cgroup/a.slice/b.service/cpu.max": "800000 100000\n",
            "/sys/fs/cgroup/a.slice/cpu.max": "300000 100000\n",
        ]
        #expect(loops(files) == 3)
    }

    @Test func theOlderGroupsCountToo() {
        let files = [
            "/proc/self/cgroup": "4:cpu,cpuacct:/x\n0::/\n",
            "/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us": "250000\n",
            "/sys/fs/cgroup/cpu/x/cpu.cfs_period_us": "100000\n",
            "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        ]
        #expect(loops(files) == 3)
        #expect(loops([:]) == 64)
    }

    @Test func thereIsOneAtLeast() {
        #expect(Processors.loops(on: 0, ControlGroups { _ in nil }) == 1)
        #expect(Processors.loops >= 1)
    }
}
