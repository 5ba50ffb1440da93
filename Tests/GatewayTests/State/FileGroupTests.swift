import Foundation
import Testing

@testable import Gateway

@Suite struct FileGroupTests {
    private static let known = "root:x:0:\nocmgate:x:10001:\nweb:x:33:\nshared:x:44:www,ocmgate\n"

    /// Number of the group, the name that the system has for it, and whether only `ocmgate` is in it.
    @Test(
        arguments: [
            // Of the pod alone.
            (64_321, nil, true), (10_001, "ocmgate", true), (10_001, nil, true),
            // Who else is of it as of his first group, no file of groups tells.
            (33, "web", false), (0, "root", false), (44, "shared", false),
            // From a directory of the site.
            (5000, "staff", false), (5000, "ocmgate", false),
        ] as [(UInt32, String?, Bool)])
    func onlyAGroupOfOurOwnIsOurs(_ number: UInt32, _ name: String?, _ isOurs: Bool) {
        #expect(FileGroup(number, name: name, known: Self.known).isOnly("ocmgate") == isOurs)
    }

    @Test func whoeverIsAddedToItIsInIt() {
        let known = "ocmgate:x:10001:ocmgate,www-data\n"
        #expect(!FileGroup(10_001, name: "ocmgate", known: known).isOnly("ocmgate"))
        let own = "ocmgate:x:10001:ocmgate\n"
        #expect(FileGroup(10_001, name: "ocmgate", known: own).isOnly("ocmgate"))
    }

    /// Number and name of the group, and whether root's file for it is for `ocmgate` alone.
    @Test(
        arguments: [
            // As systemd shows an access list, whose entries are not in the mode.
            (0, "root", true), (10_001, "ocmgate", true), (33, "web", false), (44, "shared", false),
        ] as [(UInt32, String, Bool)])
    func rootsFileIsForUsAloneAlsoWhereItsGroupIsRoots(
        _ number: UInt32, _ name: String, _ isOurs: Bool
    ) {
        let group = FileGroup(number, name: name, known: Self.known)
        #expect(group.serves(only: "ocmgate") == isOurs)
        #expect(
            !FileGroup(0, name: "root", known: "root:x:0:web\n").serves(only: "ocmgate"))
    }

    @Test func theGroupIsThatOfTheFileOverLinks() throws {
        let scratch = try Scratch()
        try scratch.write("x", "key")
        try FileManager.default.createSymbolicLink(
            atPath: scratch.file("link"), withDestinationPath: scratch.file("key"))
        let facts = try FileManager.default.attributesOfItem(atPath: scratch.file("key"))
        let number = try #require(facts[.groupOwnerAccountID] as? NSNumber).uint32Value
        #expect(FileGroup(of: scratch.file("link"), is: number) != nil)
        #expect(FileGroup(of: scratch.file("link"), is: number + 1) == nil)
        #expect(FileGroup(of: scratch.file("none"), is: number) == nil)
    }
}
