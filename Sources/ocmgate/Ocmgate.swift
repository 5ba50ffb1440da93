@main
struct Ocmgate {
    static func main() {}
}
