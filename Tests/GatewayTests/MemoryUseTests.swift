import Glibc
import Testing

@testable import Gateway

@Suite struct MemoryUseTests {
    private func use(_ files: [String: String]) -> MemoryUse { MemoryUse { files[$0] } }

    @Test func theLeastLimitOfAGroupAndThoseAboveCounts() {
        let files = [
            "/proc/self/cgroup": "0::/a.slice/b.service\n",
            "/sys/fs/cgroup/a.slice/b.service/memory.max": "max\n",
            "/sys/fs/cgroup/a.slice/memory.max": "1073741824\n",
        ]
        #expect(use(files).limit == 1 << 30)
    }

    @Test func aContainerSeesItsGroupAsTheRoot() {
        let files = ["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "268435456\n"]
        #expect(use(files).limit == 256 << 20)
    }

    @Test func theOlderGroupsCountToo() {
        let files = [
            "/proc/self/cgroup": "9:name=systemd:/\n4:cpu,memory:/x/y\n0::/\n",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            "/sys/fs/cgroup/memory/x/y/memory.limit_in_bytes": "536870912\n",
        ]
        #expect(use(files).limit == 512 << 20)
    }

    @Test(arguments: [("104857600", 100 << 20), ("unlimited", nil)])
    func soDoesTheLimitOfTheResidentSet(_ soft: String, _ bytes: Int?) {
        let text =
            "Limit                     Soft Limit           Hard Limit           Units     \n"
            + "Max resident set          \(soft)            unlimited            bytes     \n"
        #expect(use(["/proc/self/limits": text]).limit == bytes)
    }

    @Test func whatTheSystemDoesNotTellIsNoLimit() {
        #expect(use([:]).limit == nil && use([:]).used == nil)
        #expect(use(["/proc/self/cgroup": "nonsense"]).limit == nil)
    }

    @Test func pagesOfFilesAreNotUsed() {
        let page = sysconf(Int32(_SC_PAGESIZE))
        #expect(use(["/proc/self/statm": "40000 15000 13400 12000 0 9000 0\n"]).used == 1600 * page)
        #expect(use(["/proc/self/statm": "40000 15000\n"]).used == nil)
    }

    @Test(arguments: [("50331648", 48 << 20), ("67108864", nil), ("max", nil)])
    func aLimitMayBeTooLittle(_ text: String, _ told: Int?) {
        let files = ["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "\(text)\n"]
        #expect(use(files).tooLittle == told)
    }

    @Test func whatIsUsedNowIsKnown() throws {
        let used = try #require(MemoryUse.system.used)
        #expect(used > 1 << 20)
    }
}
