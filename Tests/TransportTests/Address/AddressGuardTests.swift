import Synchronization
import Testing

@testable import Transport

@Suite struct AddressGuardTests {
    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    @Test func onlyGlobalAddressesAreDialled() throws {
        let standard = AddressGuard()
        #expect(standard.judge(try address("8.8.8.8")) == .allowed)
        #expect(standard.judge(try address("10.0.0.1")) == .refused(.addressClass(.privateUse)))
        #expect(standard.judge(try address("::1")) == .refused(.addressClass(.loopback)))
    }

    @Test func listedBlocksAreDialledAndNoOthers() throws {
        let lab = AddressGuard(allowing: [try CIDR("127.0.0.0/8")])
        #expect(lab.judge(try address("127.0.0.2")) == .allowed)
        #expect(lab.judge(try address("::1")) == .refused(.addressClass(.loopback)))
        #expect(lab.judge(try address("::ffff:127.0.0.1")) == .refused(.addressClass(.loopback)))
    }

    @Test func ownAddressesAreNotDialled() throws {
        let own = try address("8.8.8.8")
        let standard = AddressGuard(own: { [own] })
        #expect(standard.judge(own) == .refused(.own))
        // By way of a translator.
        #expect(standard.judge(try address("64:ff9b::8.8.8.8")) == .refused(.own))
        #expect(standard.judge(try address("2600:1::5efe:8.8.8.8")) == .refused(.own))
        #expect(standard.judge(try address("64:ff9b::8.8.4.4")) == .allowed)
        let listed = AddressGuard(allowing: [try CIDR("8.8.8.8")], own: { [own] })
        #expect(listed.judge(own) == .allowed)
    }

    @Test func anAddressThatComesLaterIsOwnToo() throws {
        let late = try address("8.8.8.8")
        let own = Mutex<[IPAddress]>([])
        let standard = AddressGuard(own: { own.withLock { $0 } })
        #expect(standard.judge(late) == .allowed)
        own.withLock { $0 = [late] }
        #expect(standard.judge(late) == .refused(.own))
    }

    @Test func localNamesAreLookedUpOnlyWhereLocalAddressesMayBeDialled() throws {
        let lab = AddressGuard(allowing: [try CIDR("10.0.0.0/8")])
        for name in ["localhost", "cloud.internal", "intranet"] {
            let host = try Authority(name).host
            #expect(AddressGuard().judge(host) == .refused(.localName))
            #expect(lab.judge(host) == .allowed)
        }
        let peer = try Authority("cloud.example").host
        #expect(AddressGuard().judge(peer) == .allowed)
    }

    @Test func theMachineKnowsItsOwnAddresses() throws {
        let loopback = try address("127.0.0.1")
        #expect(AddressGuard.ownAddresses().contains(loopback))
    }

    @Test(arguments: [
        ("localhost", true), ("LOCALHOST.", true), ("a.localhost", true), ("intranet", true),
        ("a.local", true), ("metadata.google.internal", true), ("x.home.arpa", true),
        ("a.localdomain", true), ("a.onion", true), ("cloud.example", false),
        ("localhost.example", false), ("internal.example", false), ("192.0.2.1", false),
    ])
    func localNamesAreKnown(_ text: String, _ isLocal: Bool) throws {
        let host = try Authority(text).host
        #expect(host.isLocalName == isLocal)
    }
}
