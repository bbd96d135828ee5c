# Exact stationary W of all-to-all QIF neurons with Lorentzian eta and white Gaussian noise:
# W = pi r - i v = -a Ai'(z)/Ai(z), a = D^(1/3) exp(i pi/6), z = (eta + J r + i Delta)/a^2, self-consistent in r.
from mpmath import mp, airyai, mpf, mpc, exp, pi, sqrt
mp.dps=30
def W(I,Delta,D):
    a=mpf(D)**(mpf(1)/3)*exp(1j*pi/6)
    z=(I+1j*mpf(Delta))/a**2
    return -a*airyai(z,derivative=1)/airyai(z)
def solve(eta,J,Delta,D,r0):
    f=lambda r: W(eta+J*r,Delta,D).real/pi-r
    from mpmath import findroot
    r=findroot(f,r0)
    w=W(eta+J*r,Delta,D)
    return r,-w.imag
def mpr(eta,J,Delta,r0):
    from mpmath import findroot
    f=lambda r: sqrt(mpc(eta+J*r,Delta)).real/pi-r
    r=findroot(f,r0); w=sqrt(mpc(eta+J*r,Delta)); return r,-w.imag
def two(eta,J,Delta,D,r0):
    # W1'=Delta - i I + i (W1^2 - W2)... stationary: W2 = i D/(2W); (W^2) = I + iDelta + ... from p,q: v^2+I-pi^2r^2+p=0; (Delta+q)/pi+2rv=0
    from mpmath import findroot
    def g(r,v):
        w=pi*r-1j*v; w2=1j*mpf(D)/(2*w)
        return [v*v+eta+J*r-pi*pi*r*r+w2.real,(Delta+w2.imag)/pi+2*r*v]
    s=findroot(g,(r0,mpr(eta,J,Delta,r0)[1])); return s[0],s[1]
if __name__=='__main__':
    print('# eta J Delta D r v | two_cumulant r v | D->0')
    for eta,J,Delta,D,r0 in [(1,0,0.5,0.5,0.3),(-1,0,0.3,1.0,0.2),(0.5,3,0.3,0.4,0.4),(2,-3,0.5,1.0,0.3),(-1,0,0.3,1e-6,0.05)]:
        r,v=solve(eta,J,Delta,D,r0); t=two(eta,J,Delta,D,r0); m=mpr(eta,J,Delta,r0)
        print(eta,J,Delta,D,mp.nstr(r,12),mp.nstr(v,12),'|',mp.nstr(t[0],10),mp.nstr(t[1],10),'|',mp.nstr(m[0],10),mp.nstr(m[1],10))
