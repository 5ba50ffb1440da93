import Federation
import Testing

/// What applications of a server say to others past OCM, and what of theirs is no message.
@Suite struct ApplicationRoutesTests {
    private static let nextcloud = RouteTable(kind: .nextcloud)

    private func route(
        _ method: String, _ path: String, _ table: RouteTable = nextcloud
    ) -> Route {
        table.route(method: method, path: path)
    }

    @Test func remoteActivityIsOfTheGatewaysConcern() {
        let path = "/ocs/v2.php/apps/activity/api/v2/remote/SECRET0PERMANEN"
        expectKnown(path, .activity)
    }

    @Test(arguments: [
        "event", "event/", "incoming/", "circles/", "circle/abc/", "members/abc/",
        "member/user/bob/", "inherited/abc/", "memberships/abc/",
    ])
    func federatedTeamsAreOfTheGatewaysConcern(_ name: String) {
        for front in ["", "/index.php", "/index.phpindex.php"] {
            let path = "\(front)/apps/circles/\(name)"
            for method in ["GET", "POST"] {
                #expect(route(method, path) == .application(.teams), "\(method) \(path)")
            }
            expectKnown(path, .teams)
        }
    }

    /// By which a server knows itself and others, asks itself, and shows people their own teams.
    @Test(arguments: [
        "/apps/circles", "/apps/circles/", "/apps/circles/test", "/apps/circles/async/TOKEN/",
        "/apps/circles/listing", "/apps/circles/js/events.js", "/apps/circles/css/circles.css",
        "/apps/circles/img/circles.svg", "/apps/circles/circlesque", "/apps/contacts/circles/x",
        "/ocs/v2.php/apps/circles/circles", "/ocs/v2.php/apps/circles/circles/abc/members",
        "/ocs/v1.php/apps/circles/link/a/b", "/remote.php/dav/files/alice/apps/circles/event/",
    ])
    func theRestOfTeamsPasses(_ path: String) {
        let folder = RouteTable(kind: .nextcloud, endPoint: "/cloud/ocm", otherFolders: .closed)
        for method in ["GET", "POST"] {
            #expect(route(method, path) == .passThrough)
            #expect(route(method, "/index.php" + path) == .passThrough)
            #expect(route(method, path, folder) == .passThrough)
            #expect(route(method, "/cloud" + path, folder) == .passThrough)
        }
    }

    /// At home, in the folder of a backend, and in any before that is known.
    private func expectKnown(_ path: String, _ message: ApplicationMessage) {
        #expect(route("POST", path) == .application(message))
        let folder = RouteTable(kind: .nextcloud, endPoint: "/cloud/ocm")
        #expect(route("POST", "/cloud" + path, folder) == .application(message))
        #expect(Self.nextcloud.family(of: path) == .application(message))
        let unplaced = RouteTable(kind: .generic, isPlaceKnown: false)
        #expect(route("POST", "/cloud" + path, unplaced) == .unplaced(.application(message)))
    }
}
