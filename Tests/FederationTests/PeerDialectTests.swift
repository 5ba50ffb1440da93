import Federation
import Testing

@Suite struct PeerDialectTests {
    private typealias Learned = PeerDialect.Learned

    private func dialect(
        _ text: String, _ learned: PeerDialect.Learned = .init(),
        sending: PeerDialect.Sending = .learn
    ) throws -> PeerDialect {
        PeerDialect(try DiscoverySamples.document(text), learned, sending: sending)
    }

    @Test(arguments: [
        (DiscoverySamples.nextcloud27, BackendKind.nextcloud, Backend.Age.old),
        (DiscoverySamples.nextcloud33, .nextcloud, .middle),
        (DiscoverySamples.nextcloud35, .nextcloud, .current),
        (DiscoverySamples.owncloud10, .owncloud10, .old),
        (DiscoverySamples.opencloud, .opencloud, .current),
        (DiscoverySamples.reva, .cernbox, .current),
        (DiscoverySamples.opencloudmeshgo, .generic, .current),
        (DiscoverySamples.seafile, .seafile, .middle),
        (DiscoverySamples.seafile11, .seafile, .old),
        (DiscoverySamples.gateway, .generic, .current),
    ])
    func aPeerIsKnownByItsDocument(_ text: String, _ kind: BackendKind, _ age: Backend.Age) throws {
        let reader = try dialect(text).reader
        #expect(reader.kind == kind)
        #expect(reader.age == age)
    }

    @Test(arguments: [
        (DiscoverySamples.nextcloud27, SignatureGeneration.tag, PeerDialect.Verification.unknown),
        (DiscoverySamples.nextcloud33, .cavage, .verifies),
        (DiscoverySamples.nextcloud35, .tag, .verifies),
        (DiscoverySamples.owncloud10, .tag, .unknown),
        (DiscoverySamples.opencloud, .tag, .unknown),
        (DiscoverySamples.opencloudmeshgo, .tag, .verifies),
        (DiscoverySamples.gateway, .tag, .verifies),
    ])
    func everythingIsSignedInThePeersNewest(
        _ text: String, _ generation: SignatureGeneration, _ verification: PeerDialect.Verification
    ) throws {
        let dialect = try dialect(text)
        #expect(dialect.signatures == generation)
        #expect(dialect.verification == verification)
    }

    @Test func whatAPeerSignedItselfItReads() throws {
        let learned = Learned(signed: .label)
        let dialect = try dialect(DiscoverySamples.nextcloud33, learned)
        #expect(dialect.signatures == .tag)
        #expect(dialect.verification == .verifies)
        #expect(dialect.otherSignatures == .cavage)
    }

    @Test func whatWasAcceptedIsNotGivenUp() throws {
        let dialect = try dialect(DiscoverySamples.nextcloud33, Learned(accepted: .tag))
        #expect(dialect.signatures == .tag)
        let older = try self.dialect(DiscoverySamples.nextcloud35, Learned(accepted: .cavage))
        #expect(older.signatures == .tag)
    }

    @Test func anotherGenerationIsTriedOnlyWhereTheDocumentNamesIt() throws {
        #expect(try dialect(DiscoverySamples.nextcloud35).otherSignatures == .cavage)
        #expect(try dialect(DiscoverySamples.nextcloud33).otherSignatures == nil)
        #expect(try dialect(DiscoverySamples.opencloudmeshgo).otherSignatures == nil)
        #expect(try dialect(DiscoverySamples.nextcloud27).otherSignatures == nil)
    }

    /// The older word is said by servers that know draft-cavage alone.
    @Test(arguments: ["criteria", "capabilities"])
    func theOlderWordForSignaturesIsAboutTheKeyBesideIt(_ member: String) throws {
        let other = DiscoverySamples.nextcloud33.replacing("Nextcloud 33", with: "Server 1")
        func saying(_ word: String, _ text: String) -> String {
            String(text.dropLast()) + ",\"\(member)\":[\"\(word)\"]}"
        }
        let bare = other.replacing("\"capabilities\":", with: "\"x\":")
        let older = try dialect(saying("http-request-signatures", bare))
        #expect(older.signatures == .cavage)
        #expect(older.otherSignatures == nil)
        #expect(older.verification == .verifies)
        let word = member == "criteria" ? "must-use-http-sig" : "http-sig"
        #expect(try dialect(saying(word, bare)).signatures == .tag)
        let keySet = ",\"jwksUri\":\"https://nc33a.test/jwks\"}"
        let both = String(saying("http-request-signatures", bare).dropLast()) + keySet
        #expect(try dialect(both).signatures == .tag)
    }

    /// What verifies is a gateway in front of an oCIS, and takes in its place what it does not know.
    @Test func onlyAPlainOCISIsSparedWhatItDoesNotKnow() throws {
        let ocis = DiscoverySamples.opencloud.replacing("OpenCloud", with: "oCIS")
        #expect(try dialect(ocis).reader.kind == .ocis)
        #expect(try dialect(ocis).handling(of: .shareDeclined) == .acknowledge)
        #expect(try dialect(ocis).handling(of: .shareUnshared) == .forward)
        #expect(try dialect(ocis, Learned(signed: .tag)).handling(of: .shareDeclined) == .forward)
    }

    @Test(arguments: [
        (DiscoverySamples.nextcloud27, Backend.NotificationHandling.acknowledge),
        (DiscoverySamples.nextcloud33, .acknowledge), (DiscoverySamples.nextcloud35, .acknowledge),
        (DiscoverySamples.owncloud10, .acknowledge), (DiscoverySamples.seafile, .acknowledge),
        (DiscoverySamples.opencloudmeshgo, .acknowledge), (DiscoverySamples.opencloud, .forward),
        (DiscoverySamples.reva, .forward), (DiscoverySamples.gateway, .forward),
    ])
    func newPermissionsAreToldWhereTheyAreTaken(
        _ text: String, _ handling: Backend.NotificationHandling
    ) throws {
        #expect(try dialect(text).handling(of: .shareChangePermission) == handling)
    }

    @Test func theOperatorMayFixTheGeneration() throws {
        let cavage = try dialect(DiscoverySamples.opencloudmeshgo, sending: .cavage)
        #expect(cavage.signatures == .cavage)
        #expect(cavage.otherSignatures == nil)
        let modern = try dialect(DiscoverySamples.nextcloud33, sending: .rfc9421)
        #expect(modern.signatures == .tag)
        #expect(modern.otherSignatures == nil)
    }

    @Test(arguments: [
        (
            DiscoverySamples.nextcloud33, PeerDialect.Sending.rfc9421,
            PeerDialect.Verification.unknown
        ),
        (DiscoverySamples.nextcloud33, .cavage, .verifies),
        (DiscoverySamples.nextcloud35, .rfc9421, .verifies),
        (DiscoverySamples.nextcloud35, .cavage, .verifies),
        (DiscoverySamples.opencloudmeshgo, .rfc9421, .verifies),
        (DiscoverySamples.opencloudmeshgo, .cavage, .unknown),
        (DiscoverySamples.nextcloud27, .rfc9421, .unknown),
    ])
    func aGenerationThatThePeerDoesNotShowIsNotVerified(
        _ text: String, _ sending: PeerDialect.Sending, _ verification: PeerDialect.Verification
    ) throws {
        #expect(try dialect(text, sending: sending).verificationOfSent == verification)
    }

    @Test func whatAPeerTookIsNoSignThatItLookedAtIt() throws {
        let (old, new) = (DiscoverySamples.nextcloud33, DiscoverySamples.opencloudmeshgo)
        let taken = try dialect(old, Learned(accepted: .tag), sending: .rfc9421)
        #expect(taken.verification == .verifies)
        #expect(taken.verificationOfSent == .unknown)
        let signed = try dialect(old, Learned(signed: .label), sending: .rfc9421)
        #expect(signed.verificationOfSent == .verifies)
        let older = try dialect(new, Learned(signed: .cavage), sending: .cavage)
        #expect(older.verificationOfSent == .verifies)
        // Its own newest is one that it knows.
        #expect(try dialect(old, Learned(accepted: .tag)).verificationOfSent == .verifies)
    }

    @Test(arguments: [
        (DiscoverySamples.nextcloud27, ProtocolShape.legacy, AddressForm.schemeAndSlash),
        (DiscoverySamples.nextcloud33, .legacy, .bare),
        (DiscoverySamples.nextcloud35, .multi, .bare),
        (DiscoverySamples.owncloud10, .legacy, .scheme),
        (DiscoverySamples.opencloud, .multi, .bare),
        (DiscoverySamples.reva, .multi, .bare),
        (DiscoverySamples.opencloudmeshgo, .multi, .bare),
        (DiscoverySamples.seafile, .legacy, .bare),
        (DiscoverySamples.seafile11, .legacy, .scheme),
        (DiscoverySamples.gateway, .multi, .bare),
    ])
    func shapeAndAddresses(_ text: String, _ shape: ProtocolShape, _ form: AddressForm) throws {
        let dialect = try dialect(text)
        #expect(dialect.shape == shape)
        #expect(dialect.addressForm == form)
    }

    @Test func whoExchangesTokens() throws {
        #expect(try dialect(DiscoverySamples.opencloudmeshgo).exchange == .demanded)
        #expect(try dialect(DiscoverySamples.nextcloud35).exchange == .offered)
        #expect(try dialect(DiscoverySamples.gateway).exchange == .offered)
        #expect(try dialect(DiscoverySamples.nextcloud33).exchange == .none)
        #expect(
            try dialect(DiscoverySamples.gateway).tokenEndPoint?.path == "/ocm/token")
        #expect(try dialect(DiscoverySamples.reva).tokenEndPoint == nil)
    }

    @Test func howItWantsToBeToldOfData() throws {
        let strict = try dialect(DiscoverySamples.opencloudmeshgo)
        #expect(strict.uris == .relative)
        #expect(strict.permissions == .readOnly)
        #expect(strict.invites == .demanded)
        let reva = try dialect(DiscoverySamples.reva)
        #expect(reva.uris == .absolute)
        #expect(reva.permissions == .all)
        let other = try dialect(
            DiscoverySamples.opencloudmeshgo.replacing("OpenCloudMesh", with: "Other"))
        #expect(other.permissions == .all)
    }

    @Test func ofAPeerWithoutDocumentNothingIsAssumed() {
        let dialect = PeerDialect(nil)
        #expect(dialect.reader == Backend(kind: .generic, age: .middle))
        #expect(dialect.shape == .legacy)
        #expect(dialect.addressForm == .bare)
        #expect(dialect.signatures == .tag)
        #expect(dialect.verification == .unknown)
        #expect(dialect.exchange == .none)
        #expect(dialect.otherSignatures == nil)
    }
}
