import Federation
import Foundation
import Synchronization
import Testing

@testable import Gateway

@Suite struct ListEditTests {
    private static let policy = """
        version = 1
        name = "t"
        mode = "enforce"
        default = "deny"
        unknown = "deny"

        [list.partners]   # who they are
        standing = "allow"
        entries  = [
          "a.test",   # the first
          { host = "b.test", note = "second" },
        ]

        [list.hosts]
        standing = "allow"
        source = "hosts.txt"

        [list.bad]
        standing = "block"
        entries = []

        [[test]]
        name = "nobody else"
        given = { on = "share.in", peer = "never.test" }
        want = { action = "deny", by = "unknown" }
        """

    private func folder(_ policy: String = policy) throws -> Scratch {
        let scratch = try Scratch()
        try scratch.write(policy, "policy.toml", mode: 0o640)
        try scratch.write("c.test\n# end", "hosts.txt")
        return scratch
    }

    private func edit(
        _ host: String, _ list: String?, _ scratch: Scratch, _ stance: PeerList.Stance = .allow,
        until: ListEdit.Until = .unsaid, note: String = "asked \"Eve\"",
        disk: PolicyFiles = .disk
    ) throws -> ListEdit {
        try ListEdit(
            adding: try #require(PeerHost(host)), to: list, stance,
            of: scratch.file("policy.toml"), until: until, note: note, day: "2026-11-27",
            now: 1_795_737_600, disk: disk)
    }

    private func text(_ name: String, _ scratch: Scratch) throws -> String {
        String(
            decoding: try #require(FileManager.default.contents(atPath: scratch.file(name))),
            as: UTF8.self)
    }

    @Test func anInlineListGetsAnEntryAndKeepsItsComments() throws {
        let scratch = try folder()
        let edit = try edit("new.test", "partners", scratch)
        #expect(try text("policy.toml", scratch) == Self.policy)
        try edit.write()
        let entry = #"{ host = "new.test", note = "2026-11-27: asked \"Eve\"" }"#
        #expect(edit.entry == entry && edit.file == scratch.file("policy.toml") && edit.line == 12)
        #expect(
            try text("policy.toml", scratch)
                == Self.policy.replacing(
                    "  { host = \"b.test\", note = \"second\" },\n",
                    with: "  { host = \"b.test\", note = \"second\" },\n  \(entry),\n"))
        #expect(try scratch.mode(of: "policy.toml") == 0o640)
        let new = try RunningGateway.loadPolicy(scratch.file("policy.toml"))
        #expect(new.hash == edit.policy.hash)
        #expect(new.standing(of: PeerHost("new.test"), now: 0).word == .allow)
    }

    /// Operators keep their files elsewhere and link to them.
    @Test func aLinkStillLeadsToTheFile() throws {
        let scratch = try folder()
        try FileManager.default.moveItem(
            atPath: scratch.file("hosts.txt"), toPath: scratch.file("kept.txt"))
        try FileManager.default.createSymbolicLink(
            atPath: scratch.file("hosts.txt"), withDestinationPath: "kept.txt")
        try edit("new.test", "hosts", scratch).write()
        #expect(try text("kept.txt", scratch).contains("new.test"))
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: scratch.file("hosts.txt"))
                == "kept.txt")
    }

    @Test func aTextListGetsALine() throws {
        let scratch = try folder()
        let edit = try edit("new.test:8443", "hosts", scratch, note: "")
        try edit.write()
        #expect(edit.line == 3)
        #expect(
            try text("hosts.txt", scratch) == "c.test\n# end\nnew.test:8443    # 2026-11-27\n")
    }

    @Test func aListThatBlocksIsForThoseWhoAreRefused() throws {
        let scratch = try folder()
        let edit = try edit("new.test", nil, scratch, .block)
        #expect(edit.list == "bad")
        #expect(edit.policy.standing(of: PeerHost("new.test"), now: 0).word == .block)
    }

    @Test(
        arguments: [
            ("new.test", nil, "which list? --list is one of partners, hosts"),
            ("new.test", "parners", "there is no list parners"),
            ("new.test", "bad", "standing = \"block\""),
            ("never.test", "partners", "test \"nobody else\""),
        ] as [(String, String?, String)])
    func whatCannotBeIsToldAndNothingIsChanged(
        _ host: String, _ list: String?, _ told: String
    ) throws {
        let scratch = try folder()
        do {
            _ = try edit(host, list, scratch)
            Issue.record("it was taken")
        } catch {
            #expect("\(error)".contains(told), "\(error)")
        }
        #expect(try text("policy.toml", scratch) == Self.policy)
    }

    /// Such a list lets its peers in without what is asked of the others.
    @Test func aListThatABlockExceptsIsNeverChosen() throws {
        let text = Self.policy.replacing(
            "[list.hosts]\nstanding = \"allow\"\nsource = \"hosts.txt\"\n", with: "")
        let scratch = try folder(text)
        #expect(try edit("new.test", nil, scratch).list == "partners")
        let block = """

            [[require]]
            name = "signed"
            on = "share.in"
            except = ["@partners"]
            need = ["signature"]
            """
        let excepted = try folder(text + block)
        let problem = #expect(throws: ListEdit.Problem.self) { try edit("new.test", nil, excepted) }
        #expect(problem?.description.contains("--list partners") == true)
        #expect(try edit("new.test", "partners", excepted, until: .never).list == "partners")
    }

    /// What need not sign needs an end, and who was let in until a day is let in for longer only when
    /// somebody says so.
    @Test func whoMayBeUnsignedIsNotLetInForEverUnasked() throws {
        let block = """

            [[require]]
            name = "signed"
            on = "share.in"
            except = ["@partners"]
            need = ["signature"]
            """
        let scratch = try folder(Self.policy + block)
        let problem = #expect(throws: ListEdit.Problem.self) {
            try edit("new.test", "partners", scratch)
        }
        let told = problem?.description ?? ""
        #expect(
            told.contains("require:signed excepts the list partners") && told.contains("--until"),
            "\(told)")
        let end = try #require(ListEdit.Until("2027-06-30"))
        #expect(
            try edit("new.test", "partners", scratch, until: end, note: "").entry
                == #"{ host = "new.test", note = "2026-11-27", until = 2027-06-30 }"#)
        #expect(try edit("new.test", "hosts", scratch).list == "hosts")
        #expect(try edit("a.test", "partners", scratch).isThere)
    }

    @Test func anEntryThatIsOverIsRenewedOnlyWithAnEnd() throws {
        let scratch = try folder()
        let text = "c.test until 2026-06-30  # research\n"
        try scratch.write(text, "hosts.txt")
        let problem = #expect(throws: ListEdit.Problem.self) {
            try edit("c.test", "hosts", scratch)
        }
        let told = problem?.description ?? ""
        #expect(told.contains("c.test until 2026-06-30 on the list hosts is over"), "\(told)")
        let end = try #require(ListEdit.Until("2027-06-30T12:00:00Z"))
        try edit("c.test", "hosts", scratch, until: end, note: "").write()
        let now = try self.text("hosts.txt", scratch)
        #expect(now == "c.test until 2027-06-30T12:00:00Z    # research\n")
    }

    /// What a pattern let in until a day.
    @Test func whoWasLetInByAPatternIsRenewedOnlyWithAnEnd() throws {
        let ended = "  { host = \"*.uni.test\", until = 2026-06-30 },\n"
        let second = "  { host = \"b.test\""
        let scratch = try folder(Self.policy.replacing(second, with: ended + second))
        let problem = #expect(throws: ListEdit.Problem.self) {
            try edit("x.uni.test", "partners", scratch)
        }
        let told = problem?.description ?? ""
        #expect(told.contains("*.uni.test"), "\(told)")
        #expect(told.contains("on the list partners is over"), "\(told)")
        try edit("x.uni.test", "partners", scratch, until: .never, note: "").write()
        let now = try self.text("policy.toml", scratch)
        #expect(now.contains(ended))
        #expect(now.contains("  { host = \"x.uni.test\", note = \"2026-11-27\" }"))
        #expect(try !edit("new.test", "partners", scratch).isThere)
    }

    @Test(
        arguments: [
            ("new.test", "2026-11-26", "is over already"),
            ("b.test", "2027-06-30", "b.test counts already"),
        ])
    func anEndThatCannotBeIsToldAndNothingIsChanged(
        _ host: String, _ until: String, _ told: String
    ) throws {
        let scratch = try folder()
        let end = try #require(ListEdit.Until(until))
        let problem = #expect(throws: ListEdit.Problem.self) {
            try edit(host, "partners", scratch, until: end)
        }
        #expect(problem?.description.contains(told) == true, "\(problem?.description ?? "")")
        #expect(try text("policy.toml", scratch) == Self.policy)
        #expect(ListEdit.Until("soon") == nil)
    }

    @Test(arguments: [("", "first"), ("again", "2026-11-27: again")])
    func anEntryThatIsOverIsReplacedAndKeepsItsNote(_ note: String, _ told: String) throws {
        let over = "  { host = \"b.test\", until = 2026-06-30, note = \"first\" } # } ends\n"
        let text = Self.policy.replacing(
            "  { host = \"b.test\", note = \"second\" },\n", with: over)
        let scratch = try folder(text)
        let edit = try edit("b.test", "partners", scratch, until: .never, note: note)
        try edit.write()
        let entry = "{ host = \"b.test\", note = \"\(told)\" }"
        #expect(!edit.isThere && edit.entry == entry && edit.line == 11)
        #expect(
            try self.text("policy.toml", scratch)
                == text.replacing(over, with: "  \(entry) # } ends\n"))
        #expect(edit.policy.standing(of: PeerHost("b.test"), now: 1_795_737_600).word == .allow)
    }

    @Test(arguments: [("", "# research"), ("again", "# 2026-11-27: again")])
    func aLineThatIsOverIsReplacedAndKeepsItsComment(_ note: String, _ comment: String) throws {
        let scratch = try folder()
        try scratch.write("a.test\nc.test until 2026-06-30  # research\r\nd.test\n", "hosts.txt")
        let edit = try edit("c.test", "hosts", scratch, until: .never, note: note)
        try edit.write()
        #expect(edit.line == 2 && edit.entry == "c.test    \(comment)")
        #expect(
            try text("hosts.txt", scratch) == "a.test\nc.test    \(comment)\r\nd.test\n")
    }

    /// A comment is the operator's, in whatever characters.
    @Test func aCommentKeepsItsBytes() throws {
        let scratch = try folder()
        let comment: [UInt8] = [0x23, 0x20, 0xE4, 0x72]
        let path = scratch.file("hosts.txt")
        let old = Array("a.test # \n".utf8) + [0x23, 0xF6, 0x0A]
        #expect(
            FileManager.default.createFile(
                atPath: path,
                contents: Data(old + Array("c.test until 2026-06-30 ".utf8) + comment + [0x0A])))
        try edit("c.test", "hosts", scratch, until: .never, note: "").write()
        let new = try #require(FileManager.default.contents(atPath: path))
        #expect([UInt8](new) == old + Array("c.test    ".utf8) + comment + [0x0A])
    }

    /// Reading a policy takes as long as its proofs do: who edits a file meanwhile loses nothing.
    @Test(arguments: ["hosts", "partners"])
    func whatSomebodyChangedWhileThePolicyWasReadStays(_ list: String) throws {
        let over = Self.policy.replacing(
            "{ host = \"b.test\", note", with: "{ host = \"b.test\", until = 2026-06-30, note")
        let scratch = try folder(over)
        try scratch.write("c.test until 2026-06-30\nd.test\n", "hosts.txt")
        let name = list == "hosts" ? "hosts.txt" : "policy.toml"
        let path = scratch.file(name)
        let isFirst = Mutex(true)
        let changed =
            list == "hosts"
            ? "new.test\nc.test until 2026-06-30\nd.test\n"
            : over.replacing("  \"a.test\",", with: "  \"new.test\",\n  \"a.test\",")
        let disk = PolicyFiles { file in
            defer {
                let isNow = isFirst.withLock { first in
                    defer { if file == path { first = false } }
                    return first && file == path
                }
                if isNow { try? scratch.write(changed, name) }
            }
            return try PolicyFiles.disk.read(file)
        }
        let edit = try edit(
            list == "hosts" ? "c.test" : "b.test", list, scratch, until: .never, note: "",
            disk: disk)
        #expect(throws: FileProblem.self) { try edit.write() }
        #expect(try text(name, scratch) == changed)
    }

    @Test func entriesInTablesOfTheirOwnAreForTheOperatorToChange() throws {
        let text =
            Self.policy
            + "\n[list.more]\nstanding = \"allow\"\n[[list.more.entries]]\nhost = \"x.test\"\n"
        let scratch = try folder(text)
        let problem = #expect(throws: ListEdit.Problem.self) {
            try edit("new.test", "more", scratch)
        }
        let told = problem?.description ?? ""
        #expect(told.contains("[[list.more.entries]]") && told.contains("by hand"), "\(told)")
        #expect(try self.text("policy.toml", scratch) == text)
    }

    @Test func anEntryThatEndsLaterCountsAndStays() throws {
        let text = Self.policy.replacing(
            "{ host = \"b.test\", note", with: "{ host = \"b.test\", until = 2027-06-30, note")
        let edit = try edit("b.test", "partners", try folder(text))
        #expect(edit.isThere && edit.entry == "b.test until 2027-06-30")
    }

    /// An entry that is over, or for more than the host, is none of the host alone.
    @Test(arguments: [("a.test", "partners", 10), ("c.test", "hosts", 1)])
    func whoIsOnTheListAlreadyIsNotAddedAgain(_ host: String, _ list: String, _ line: Int) throws {
        let scratch = try folder()
        let edit = try edit(host, list, scratch)
        #expect(edit.isThere && edit.line == line && edit.entry == host)
        try edit.write()
        #expect(try text("policy.toml", scratch) == Self.policy)
        #expect(try text("hosts.txt", scratch) == "c.test\n# end")
    }
}
